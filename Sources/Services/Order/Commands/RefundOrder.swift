import Contracts
import HTTP
import Kernel
import REST
import Saga
import ServiceHost
import Storage

/// The body of `POST /orders/{id}/refunds`.
struct RefundOrder: Codable, Sendable {
    /// The amount in minor units; without one, all that is left.
    let amount: Int64?
    /// Whether the sold stock goes back too, which is possible only with all of the money.
    let returnsStock: Bool?
}

/// The answer to `POST /orders/{id}/refunds`.
struct RefundAnswer: Codable, Sendable {
    enum Status: String, Codable, Sendable {
        /// The provider has not confirmed it yet.
        case pending = "PENDING"
        case refunded = "REFUNDED"
    }
    let id: String
    let orderId: String
    let status: Status
    let amount: Int64?
    /// The sum of all refunds of the order, in minor units.
    let refundedAmount: Int64?
}

/// Handles `POST /orders/{id}/refunds`: a saga gives the money back, and the request waits for its first steps.
struct RefundOrderHandler: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let sagas: Sagas<RefundState>
    let resource: RestResource<Order>

    func refund(_ command: RefundOrder?, _ call: CommandCall) async throws -> Response {
        let returnsStock = command?.returnsStock ?? false
        var errors = FieldErrors()
        errors.require(command?.amount ?? 1 > 0, "amount", "must be greater than 0, in minor units")
        try errors.check()
        errors.require(
            !returnsStock || command?.amount == nil, "returnsStock",
            "is only possible with all of the money, without an amount")
        try errors.check()
        return try await call.answer(subject: context.identifiers.next("REF-")) {
            attempt, tx -> CommandStart<SagaInstance<RefundState>> in
            let order = try await resource.item(of: call.request, in: tx)
            if let saga = try await sagas.find(attempt.subject, in: tx) { return .accepted(saga) }
            try call.request.requireMatch(order)
            let state = try refund(attempt.subject, of: order, amount: command?.amount, returnsStock: returnsStock)
            return .accepted(try await sagas.start(attempt.subject, state, in: tx))
        } afterwards: { saga in
            try await sagas.drive(saga)
            return try answer(try await sagas.find(saga.id) ?? saga)
        }
    }

    private func refund(
        _ id: String, of order: Order, amount: Int64?, returnsStock: Bool
    ) throws(Problem) -> RefundState {
        let isWhole = order.isWhole(refund: amount)
        let asked: OrderCommand = returnsStock ? .refundAndReturn : isWhole ? .refundWhole : .refundPart
        if let refusal = order.refusal(of: asked) { throw .notPossible(refusal) }
        guard let paymentId = order.paymentId else { throw .notPossible("its payment is not known") }
        let hasReservation = order.checkout != nil
        return RefundState(
            refundId: id, orderId: order.id, paymentId: paymentId, amount: amount,
            returnsStock: returnsStock && hasReservation,
            stopsDelivery: isWhole && !order.fulfilmentStatus.hasLeft ? true : nil,
            hasReservation: hasReservation, isReturn: returnsStock ? true : nil)
    }

    /// Answers 201 if the provider has confirmed the refund, 202 while that is awaited, 422 if it refused.
    private func answer(_ saga: SagaInstance<RefundState>) throws -> CommandAnswer {
        if saga.status == .compensated || saga.status == .compensating {
            return .complete(Problem(status: 422, title: "Refund refused", detail: saga.reason).response())
        }
        let state = saga.state
        let body = RefundAnswer(
            id: saga.id, orderId: state.orderId, status: state.isConfirmed ? .refunded : .pending,
            amount: state.amount, refundedAmount: state.refundedAmount)
        // A refund that is under way is not the answer yet, so that the same key can ask for the outcome.
        return state.isConfirmed
            ? .complete(try .json(body, status: 201)) : .release(try .json(body, status: 202))
    }
}

extension Order {
    /// Whether a refund of `amount` minor units, or of all that is left if there is none, leaves nothing.
    func isWhole(refund amount: Int64?) -> Bool {
        amount.map { $0 == self.amount - (refundedAmount ?? 0) } ?? true
    }
}
