import Contracts
import HTTP
import Idempotency
import Kernel
import REST
import ServiceHost
import Storage

/// The use cases behind the POSTs: each is one transaction with its idempotency row.
struct DeliveryCommands: Sendable {
    struct Ship: Codable, Sendable {
        let trackingCode: String?
    }
    struct Cancel: Codable, Sendable {
        let reason: String
    }
    let context: ServiceContext
    let steps: DeliverySteps
    let idempotency: IdempotencyStore
    let resource: RestResource<Delivery>

    func ship(_ request: Request) async throws -> Response {
        let code = request.body.isEmpty ? nil : try request.decode(Ship.self).trackingCode
        var errors = FieldErrors()
        errors.require(code, "trackingCode", length: 1...100)
        try errors.check()
        return try await take(.ship(trackingCode: code), request)
    }

    func deliver(_ request: Request) async throws -> Response {
        try await take(.deliver, request)
    }

    func cancel(_ request: Request, _ command: Cancel) async throws -> Response {
        var errors = FieldErrors()
        errors.require(command.reason, "reason", length: 1...500)
        try errors.check()
        return try await take(.cancel(reason: command.reason), request)
    }

    func cancel(_ request: Request, _ command: CancelDelivery) async throws -> Response {
        var errors = FieldErrors()
        errors.require(identifier: command.orderId, "orderId")
        errors.require(command.reason, "reason", length: 1...500)
        try errors.check()
        return try await once(request) { tx in
            if request.headers["If-Match"] != nil {
                try request.requireMatch(try await steps.find(orderId: command.orderId, in: tx))
            }
            return try await steps.cancel(orderId: command.orderId, reason: command.reason, in: tx)
        }
    }

    private func take(_ step: DeliveryStep, _ request: Request) async throws -> Response {
        let id = request.parameters["id"] ?? ""
        return try await once(request) { tx in
            guard let delivery = try await steps.deliveries.find(id, in: tx) else {
                throw Problem.notFound("delivery \(id)")
            }
            try request.requireMatch(delivery)
            return try await steps.take(step, delivery, in: tx)
        }
    }

    /// Where the request has an `Idempotency-Key`, its answer is stored with what it does; what is refused has no effect
    /// and leaves the key free.
    private func once(
        _ request: Request, _ body: @escaping @Sendable (any Transaction) async throws -> Delivery
    ) async throws -> Response {
        let key = try IdempotencyKey(request)
        return try await context.transaction { tx in
            var claim: IdempotencyClaim?
            if let key {
                switch try await idempotency.begin(key, for: request, subject: "", lease: .seconds(10), in: tx) {
                case .replay(let response): return response
                case .started(let started): claim = started
                case .resumed(let resumed, _): claim = resumed
                }
            }
            let delivery = try await body(tx)
            var response = try Response.json(
                resource.representation(of: delivery, for: request), contentType: HAL.contentType)
            response.headers.add("ETag", "\"\(delivery.version)\"")
            if let claim { try await idempotency.complete(claim, with: response, in: tx) }
            return response
        }
    }
}
