import Contracts
import HTTP
import REST
import ServiceHost
import Storage

/// Handles the commands on deliveries: each is one transaction with its key.
struct DeliveryCommands: Sendable {
    /// The body of `POST /deliveries/{id}/ship`; optional.
    struct Ship: Codable, Sendable {
        let trackingCode: String?
    }
    /// The body of `POST /deliveries/{id}/cancel`.
    struct Cancel: Codable, Sendable {
        let reason: String
    }
    let steps: DeliverySteps
    let resource: RestResource<Delivery>

    func ship(_ command: Ship?, _ call: CommandCall) async throws -> Response {
        var errors = FieldErrors()
        errors.require(command?.trackingCode, "trackingCode", length: 1...100)
        try errors.check()
        return try await take(.ship(trackingCode: command?.trackingCode), call)
    }

    func deliver(_ call: CommandCall) async throws -> Response {
        try await take(.deliver, call)
    }

    func cancel(_ command: Cancel, _ call: CommandCall) async throws -> Response {
        var errors = FieldErrors()
        errors.require(command.reason, "reason", length: 1...500)
        try errors.check()
        return try await take(.cancel(reason: command.reason), call)
    }

    /// Gives up the delivery of an order, also one that has not been started.
    func cancelOfOrder(_ command: CancelDelivery, _ call: CommandCall) async throws -> Response {
        var errors = FieldErrors()
        errors.require(identifier: command.orderId, "orderId")
        errors.require(command.reason, "reason", length: 1...500)
        try errors.check()
        call.request.outcomeIsSeen(
            at: "\(DeliveryAPI.path)/search/findByOrderId?orderId=\(QueryString.encode(command.orderId))")
        return try await call.once { _, tx in
            if call.request.headers["If-Match"] != nil {
                try call.request.requireMatch(try await steps.find(orderId: command.orderId, in: tx))
            }
            let delivery = try await steps.cancel(orderId: command.orderId, reason: command.reason, in: tx)
            return try resource.answer(with: delivery, to: call.request)
        }
    }

    private func take(_ step: DeliveryStep, _ call: CommandCall) async throws -> Response {
        try await call.once { _, tx in
            let delivery = try await resource.itemToChange(of: call.request, in: tx)
            return try resource.answer(with: try await steps.take(step, delivery, in: tx), to: call.request)
        }
    }
}
