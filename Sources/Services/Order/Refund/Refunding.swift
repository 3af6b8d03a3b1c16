import Contracts
import HTTP
import Idempotency
import Kernel
import REST
import Saga
import ServiceHost
import Storage

/// The body of `POST /orders/{id}/refunds`.
struct RefundOrder: Codable, Sendable {
    /// Minor units; all that is left where there is none.
    let amount: Int64?
    /// What was sold goes back to stock too. Only with all of the money.
    let returnsStock: Bool?
}

/// What it answers.
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
    /// Of the order, all refunds together.
    let refundedAmount: Int64?
}

/// The use case behind `POST /orders/{id}/refunds`.
struct Refunding: Sendable {
    let context: ServiceContext
    let orders: Repository<Order>
    let sagas: Sagas<RefundState>
    let idempotency: IdempotencyStore
    let lease: Duration

    func refund(_ request: Request) async throws -> Response {
        guard let key = try IdempotencyKey(request.headers, client: "", required: true) else {
            throw Problem.invalid(IdempotencyKey.header, "is required")
        }
        let command = request.body.isEmpty ? nil : try request.decode(RefundOrder.self)
        if let amount = command?.amount, amount <= 0 {
            throw Problem.invalid("amount", "must be greater than 0, in minor units")
        }
        let returnsStock = command?.returnsStock ?? false
        guard !returnsStock || command?.amount == nil else {
            throw Problem.invalid("returnsStock", "is only possible with all of the money, without an amount")
        }
        let id = request.parameters["id"] ?? ""
        let newId = context.identifiers.next("REF-")
        let beginning = try await context.transaction { tx -> Beginning in
            var (claim, refundId) = (IdempotencyClaim?.none, newId)
            switch try await idempotency.begin(key, for: request, subject: newId, lease: lease, in: tx) {
            case .replay(let response): return .replay(response)
            case .started(let started): claim = started
            case .resumed(let resumed, let subject): (claim, refundId) = (resumed, subject)
            }
            guard let order = try await orders.find(id, in: tx) else { throw Problem.notFound("order \(id)") }
            if let saga = try await sagas.find(refundId, in: tx) { return .begun(saga, claim) }
            guard order.isPaid, !order.isGivenUp, order.status != .refunded, let paymentId = order.paymentId else {
                throw Problem(
                    status: 409, title: "Not possible now",
                    detail: "an order that is \(order.status.rawValue) cannot be refunded")
            }
            guard !returnsStock || order.status == .shipped || order.status == .delivered else {
                // Its delivery would go on.
                throw Problem(
                    status: 409, title: "Not possible now",
                    detail: "an order that was not shipped is cancelled instead: POST /orders/\(id)/cancel")
            }
            let state = RefundState(
                refundId: refundId, orderId: id, paymentId: paymentId, amount: command?.amount,
                returnsStock: returnsStock && order.checkout != nil)
            return .begun(try await sagas.start(refundId, state, in: tx), claim)
        }
        switch beginning {
        case .replay(let response): return response
        case .begun(let saga, let claim):
            try await sagas.drive(saga)
            return try await answer(try await sagas.find(saga.id) ?? saga, claim)
        }
    }

    private enum Beginning: Sendable {
        case begun(SagaInstance<RefundState>, IdempotencyClaim?)
        case replay(Response)
    }

    /// 201 once the provider has confirmed it, 202 while that is awaited, 422 where it refused.
    private func answer(_ saga: SagaInstance<RefundState>, _ claim: IdempotencyClaim?) async throws -> Response {
        let response: Response
        if saga.status == .compensated || saga.status == .compensating {
            response = Problem(status: 422, title: "Refund refused", detail: saga.reason).response()
        } else {
            let state = saga.state
            let body = RefundAnswer(
                id: saga.id, orderId: state.orderId, status: state.isConfirmed ? .refunded : .pending,
                amount: state.amount, refundedAmount: state.refundedAmount)
            response = try .json(body, status: state.isConfirmed ? 201 : 202)
        }
        if let claim {
            try await context.transaction { [response] tx in
                // What is under way is not the answer yet: the same key asks again how it went.
                if response.status == 202 {
                    try await idempotency.release(claim, in: tx)
                } else {
                    try await idempotency.complete(claim, with: response, in: tx)
                }
            }
        }
        return response
    }
}
