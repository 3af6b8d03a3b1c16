import HTTP
import Kernel
import REST
import Saga
import ServiceHost
import Storage

/// The body of `POST /orders/{id}/cancel`.
struct CancelOrder: Codable, Sendable {
    /// For the mails; optional.
    let reason: String?
}

/// Handles `POST /orders/{id}/cancel`. It needs no key: a repetition finds the cancellation that it began.
struct CancelOrderHandler: Sendable {
    let context: ServiceEnvironment
    let cancelling: Cancelling
    let resource: RestResource<Order>

    func cancel(_ request: Request) async throws -> Response {
        let given = request.body.isEmpty ? nil : try request.decode(CancelOrder.self).reason
        let reason = given?.isEmpty == true ? nil : given
        var errors = FieldErrors()
        errors.require(reason, "reason", length: 1...500)
        try errors.check()
        let (id, saga) = try await context.transaction { tx in
            let order = try await resource.itemToChange(of: request, in: tx)
            guard !order.isGivenUp else { return (order.id, SagaInstance<CancellationState>?.none) }
            guard let saga = try await cancelling.begin(order, reason: reason ?? "cancelled on request", in: tx) else {
                throw notPossible(order)
            }
            return (order.id, saga)
        }
        if let saga { try await cancelling.sagas.drive(saga) }
        guard let order = try await cancelling.orders.find(id) else { throw Problem.notFound("order \(id)") }
        guard order.isGivenUp else { throw notPossible(order) }
        return try resource.answer(
            with: order, status: order.cancellation?.completedAt != nil ? 200 : 202, to: request)
    }

    private func notPossible(_ order: Order) -> Problem {
        .notPossible(order.refusal(of: .cancel) ?? "its delivery did not let go of it")
    }
}
