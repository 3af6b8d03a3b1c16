import Contracts
import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// Handles `POST /orders`: one transaction accepts the order, then payment is asked, and another transaction records its
/// answer.
struct PlaceOrderHandler: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let payment: OrderPayment
    let prices: PriceChecking
    let resource: RestResource<Order>
    let settings: OrderSettings

    func place(_ command: PlaceOrder, _ call: CommandCall) async throws -> Response {
        let newId = context.identifiers.next("ORD-")
        let placed = try order(command, id: newId)
        let quote = await prices.quote(for: placed)
        return try await call.answer(subject: newId) { attempt, tx -> CommandStart<Accepted> in
            // The same order means the same payment key: whatever the first try did, it is not done twice.
            if attempt.isResumed, let standing = try await orders.find(attempt.subject, in: tx) {
                return try accepted(standing, isFirstTry: false, call.request)
            }
            let order = attempt.isResumed ? try order(command, id: attempt.subject) : placed
            // Only now: a repetition is answered as it was, whatever the prices are today.
            try PriceChecking.check(order, quote)
            return try accepted(try await orders.insert(order, in: tx), isFirstTry: true, call.request)
        } afterwards: { accepted in
            let outcome = await payment.request(for: accepted.order)
            return accepted.isFirstTry ? outcome : outcome.afterEarlierTry
        } record: { outcome, accepted, tx in
            switch try await payment.record(outcome, for: accepted.order, in: tx) {
            case .stands(let order): return .complete(try answer(for: order, call.request))
            // Certainly without effect: the same key may try again, as another order, since this one's end is told.
            case .rejected(let reason):
                return .forget(throwing: .unavailable("The order was not placed: \(reason)"))
            }
        }
    }

    private struct Accepted: Sendable {
        let order: Order
        let isFirstTry: Bool
    }

    private func accepted(
        _ order: Order, isFirstTry: Bool, _ request: Request
    ) throws -> CommandStart<Accepted> {
        guard settings.payment == .off else { return .accepted(Accepted(order: order, isFirstTry: isFirstTry)) }
        return .answer(.complete(try answer(for: order, request)))
    }

    private func order(_ command: PlaceOrder, id: String) throws(Problem) -> Order {
        do {
            var order = try Order.place(command, id: id, defaultCurrency: settings.currency, at: context.loop.now)
            if settings.payment != .off { order.paymentDueAt = order.placedAt + settings.paymentDeadline }
            return order
        } catch {
            throw error.problem
        }
    }

    /// 201 with the order once its payment has started, 202 while that is being found out, 402 when it was refused.
    private func answer(for order: Order, _ request: Request) throws -> Response {
        if order.paymentStatus == .failed {
            var problem = Problem(status: 402, title: "Payment refused", detail: order.failureReason)
            problem.headers.add("Location", resource.location(of: order.id, for: request))
            return problem.response()
        }
        let status = order.paymentStatus == .requiresPayment ? 202 : 201
        return try resource.answer(with: order, status: status, isLocated: true, to: request)
    }
}

extension InvalidOrder {
    /// 400 that names every field.
    var problem: Problem { .invalid(fields.map { .init(field: $0.name, message: $0.message) }) }
}
