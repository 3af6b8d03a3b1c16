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
        guard let key = try IdempotencyKey(request, required: true) else {
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
            try request.requireMatch(order)
            let isWhole = order.isWhole(refund: command?.amount)
            let asked: OrderCommand = returnsStock ? .refundAndReturn : isWhole ? .refundWhole : .refundPart
            if let refusal = order.refusal(of: asked) { throw Problem.notPossible(refusal) }
            guard let paymentId = order.paymentId else { throw Problem.notPossible("its payment is not known") }
            let hasReservation = order.checkout != nil
            let state = RefundState(
                refundId: refundId, orderId: id, paymentId: paymentId, amount: command?.amount,
                returnsStock: returnsStock && hasReservation,
                stopsDelivery: isWhole && !order.fulfilmentStatus.hasLeft ? true : nil,
                hasReservation: hasReservation, isReturn: returnsStock ? true : nil)
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

extension Order {
    /// Whether a refund of `amount` minor units, or of all that is left where there is none, leaves nothing.
    func isWhole(refund amount: Int64?) -> Bool {
        amount.map { $0 == self.amount - (refundedAmount ?? 0) } ?? true
    }
}

extension Refunding {
    /// What a refund means for the goods, once it has ended.
    static func ending(
        _ context: ServiceContext, _ orders: Repository<Order>, _ tasks: OperatorTasks
    ) -> Sagas<RefundState>.Ending {
        { saga, tx in
            guard var order = try await orders.find(saga.state.orderId, in: tx) else { return }
            if saga.state.isDeliveryStopped == true, order.deliveryStopped() {
                order = try await orders.update(order, in: tx)
            }
            // Paid for, and nobody brings it any more: the buyer has neither.
            let isPaid = order.paymentStatus == .paid || order.paymentStatus == .partiallyRefunded
            if saga.state.isDeliveryStopped == true, saga.status == .compensated, isPaid, order.cancellation == nil {
                try await tasks.open(
                    .paidAndStopped, subject: order.id, orderId: order.id, paymentId: order.paymentId,
                    evidence: [.init("reason", saga.reason ?? "")], in: tx)
            }
            let isBack = saga.status == .completed && saga.state.isReturn == true
            guard isBack, order.returned(at: context.loop.now) else { return }
            order = try await orders.update(order, in: tx)
            try await context.publish(
                OrderReturned(order: order.summary, returnedAt: context.loop.now), about: order.id,
                version: order.version, in: tx)
        }
    }

    /// Follows a whole refund that somebody made at the provider: what is still in the shop stays there, and its stock
    /// goes back.
    static func follow(
        _ order: Order, paymentVersion: Int64, with sagas: Sagas<RefundState>, in tx: any Transaction
    ) async throws {
        let id = "REF-\(order.id)-\(paymentVersion)"
        guard order.fulfilmentStatus.canLeave, let paymentId = order.paymentId,
            try await sagas.find(id, in: tx) == nil
        else { return }
        var state = RefundState(
            refundId: id, orderId: order.id, paymentId: paymentId, amount: nil, returnsStock: false,
            stopsDelivery: true, hasReservation: order.checkout != nil)
        state.isConfirmed = true
        state.refundedAmount = order.refundedAmount
        sagas.driveInBackground(try await sagas.start(id, state, in: tx), after: tx)
    }
}
