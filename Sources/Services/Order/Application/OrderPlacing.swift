import Contracts
import HTTP
import Idempotency
import Kernel
import Messaging
import REST
import ServiceHost
import Storage

/// The use case behind `POST /orders`: one transaction that accepts, the call to payment, one that records its answer.
struct OrderPlacing: Sendable {
    let context: ServiceContext
    let orders: Repository<Order>
    let idempotency: IdempotencyStore
    let payment: OrderPayment
    let prices: PriceChecking
    let resource: RestResource<Order>
    let settings: OrderSettings
    private var lease: Duration { settings.paymentTimeout + .seconds(5) }

    func place(_ request: Request, _ command: PlaceOrder) async throws -> Response {
        let key = settings.idempotency == .off ? nil : try IdempotencyKey(request)
        switch try await accept(command, key: key, request) {
        case .answered(let response):
            return response
        case .accepted(let order, let claim, let isFirstTry):
            guard settings.payment == .synchronous else { return try answer(for: order, request) }
            let outcome = await payment.request(for: order)
            return try await record(
                isFirstTry ? outcome : outcome.afterEarlierTry, for: order, claim: claim, request)
        }
    }

    private enum Acceptance: Sendable {
        case accepted(Order, IdempotencyClaim?, isFirstTry: Bool)
        /// By an earlier request with the same key; or nothing more is to be done.
        case answered(Response)
    }

    /// The order, its event and its idempotency record, in one transaction.
    private func accept(_ command: PlaceOrder, key: IdempotencyKey?, _ request: Request) async throws -> Acceptance {
        let newId = context.identifiers.next("ORD-")
        let placed = try validated(command, id: newId)
        let quote = await prices.quote(for: placed)
        return try await context.transaction { tx in
            var (order, claim) = (placed, IdempotencyClaim?.none)
            if let key {
                switch try await idempotency.begin(key, for: request, subject: newId, lease: lease, in: tx) {
                case .replay(let response):
                    return .answered(response)
                case .started(let started):
                    claim = started
                case .resumed(let resumed, let subject):
                    // The same order id means the same payment key: whatever the first try did, it is not done twice.
                    claim = resumed
                    if let standing = try await orders.find(subject, in: tx) {
                        return .accepted(standing, resumed, isFirstTry: false)
                    }
                    order = try validated(command, id: subject)
                }
            }
            // Only now: a repetition is answered as it was, whatever the prices are today.
            try PriceChecking.check(order, quote)
            order = try await orders.insert(order, in: tx)
            try await context.publish(
                OrderPlaced(order: order.summary), about: order.id, version: order.version, in: tx)
            guard settings.payment == .off else { return .accepted(order, claim, isFirstTry: true) }
            let response = try answer(for: order, request)
            if let claim { try await idempotency.complete(claim, with: response, in: tx) }
            return .answered(response)
        }
    }

    private func validated(_ command: PlaceOrder, id: String) throws -> Order {
        do {
            var order = try Order.place(command, id: id, defaultCurrency: settings.currency, at: context.loop.now)
            if settings.payment != .off { order.paymentDueAt = order.placedAt + settings.paymentDeadline }
            return order
        } catch {
            throw Problem.invalid(error.fields.map { .init(field: $0.name, message: $0.message) })
        }
    }

    private func record(
        _ outcome: PaymentCall.Outcome, for order: Order, claim: IdempotencyClaim?, _ request: Request
    ) async throws -> Response {
        try await context.transaction { tx -> Result<Response, Problem> in
            switch try await payment.record(outcome, for: order, in: tx) {
            case .stands(let order):
                let response = try answer(for: order, request)
                if let claim { try await idempotency.complete(claim, with: response, in: tx) }
                return .success(response)
            case .rejected(let reason):
                // Certainly without effect: the same key may try again, as another order, since this one's end is told.
                if let claim { try await idempotency.forget(claim, in: tx) }
                return .failure(.unavailable("The order was not placed: \(reason)"))
            }
        }.get()
    }

    /// 201 with the order once its payment has started, 202 while that is being found out, 402 when it was refused.
    private func answer(for order: Order, _ request: Request) throws -> Response {
        if order.paymentStatus == .failed {
            var problem = Problem(status: 402, title: "Payment refused", detail: order.failureReason)
            problem.headers.add("Location", resource.location(of: order.id, for: request))
            return problem.response()
        }
        let status = order.paymentStatus == .requiresPayment ? 202 : 201
        var response = try Response.json(
            resource.representation(of: order, for: request), status: status, contentType: HAL.contentType)
        response.headers.add("Location", resource.location(of: order.id, for: request))
        response.headers.add("ETag", "\"\(order.version)\"")
        return response
    }
}
