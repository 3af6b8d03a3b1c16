import Contracts
import HTTP
import Kernel
import Messaging
import REST
import Saga
import ServiceHost
import Storage

/// The body of `POST /orders/{id}/cancel`.
struct CancelOrder: Codable, Sendable {
    /// For the mails; optional.
    let reason: String?
}

/// The use case behind `POST /orders/{id}/cancel`.
struct Cancelling: Sendable {
    let context: ServiceContext
    let orders: Repository<Order>
    let sagas: Sagas<CancellationState>
    let resource: RestResource<Order>

    func cancel(_ request: Request) async throws -> Response {
        let id = request.parameters["id"] ?? ""
        let given = request.body.isEmpty ? nil : try request.decode(CancelOrder.self).reason
        let reason = given?.isEmpty == true ? nil : given
        var errors = FieldErrors()
        errors.require(reason, "reason", length: 1...500)
        try errors.check()
        let saga = try await context.transaction { tx in
            guard let order = try await orders.find(id, in: tx) else { throw Problem.notFound("order \(id)") }
            try request.requireMatch(order)
            guard !order.isGivenUp else { return SagaInstance<CancellationState>?.none }
            guard let saga = try await begin(order, reason: reason ?? "cancelled on request", in: tx) else {
                throw notPossible(order)
            }
            return saga
        }
        if let saga { try await sagas.drive(saga) }
        guard let order = try await orders.find(id) else { throw Problem.notFound("order \(id)") }
        guard order.isGivenUp else { throw notPossible(order) }
        var response = try Response.json(
            resource.representation(of: order, for: request),
            status: order.cancellation?.completedAt != nil ? 200 : 202,
            contentType: HAL.contentType)
        response.headers.add("ETag", "\"\(order.version)\"")
        return response
    }

    /// `nil` where it cannot be cancelled.
    func begin(
        _ order: Order, reason: String, isOverdue: Bool = false, in tx: any Transaction
    ) async throws -> SagaInstance<CancellationState>? {
        var order = order
        let (statusBefore, refundedBefore) = (order.status, order.refundedAmount)
        // An order that could not be cancelled may be tried again: the version tells the tries apart.
        let sagaId = "\(order.id)-\(order.version + 1)"
        guard order.cancellationBegan(sagaId: sagaId, at: context.loop.now) else { return nil }
        order = try await orders.update(order, in: tx)
        try await context.publish(
            OrderCancellationBegan(order: order.summary, reason: reason, requestedAt: context.loop.now),
            about: order.id, version: order.version, in: tx)
        let state = CancellationState(
            orderId: order.id, reason: reason, hasReservation: order.checkout != nil, statusBefore: statusBefore,
            refundedBefore: refundedBefore, isOverdue: isOverdue ? true : nil)
        return try await sagas.start(sagaId, state, in: tx)
    }

    /// Because of an event, and not waited for. Nothing happens where it cannot be cancelled.
    func beginSoon(
        _ orderId: String, reason: String, in tx: any Transaction
    ) async throws {
        guard let order = try await orders.find(orderId, in: tx),
            let saga = try await begin(order, reason: reason, in: tx)
        else { return }
        sagas.driveInBackground(saga, after: tx)
    }

    static func ending(
        _ context: ServiceContext, _ orders: Repository<Order>, _ tasks: OperatorTasks
    ) -> Sagas<CancellationState>.Ending {
        { saga, tx in
            guard var order = try await orders.find(saga.state.orderId, in: tx) else {
                guard saga.status == .compensated else { return }
                try await tasks.open(
                    .shippedWithoutOrder, subject: saga.state.orderId, orderId: saga.state.orderId,
                    evidence: [.init("reason", saga.reason ?? "")], in: tx)
                return
            }
            if saga.status == .completed {
                let state = saga.state
                try await tasks.settle(.paidAndStopped, subject: order.id, reason: "the order is cancelled", in: tx)
                let isCancelled = order.cancelled(
                    reason: state.reason, nothingWasTaken: state.isPaymentOpen != true && state.refundedAmount == 0,
                    refunded: state.refundedAmount, at: context.loop.now)
                guard isCancelled else { return }
                order = try await orders.update(order, in: tx)
                try await context.publish(
                    order.cancelledEvent(refunded: state.refundedAmount, isPaymentOpen: state.isPaymentOpen),
                    about: order.id, version: order.version, in: tx)
            } else {
                guard order.cancellationRefused() else { return }
                order = try await orders.update(order, in: tx)
                try await context.publish(
                    OrderCancellationRefused(
                        order: order.summary, paymentStatus: order.paymentStatus, reason: saga.reason ?? "",
                        refusedAt: context.loop.now), about: order.id, version: order.version, in: tx)
                try await publishMissed(order, saga.state, context, in: tx)
            }
        }
    }

    /// What happened to its payment while it was being cancelled, and nobody was told.
    private static func publishMissed(
        _ order: Order, _ state: CancellationState, _ context: ServiceContext, in tx: any Transaction
    ) async throws {
        let refunded = (order.refundedAmount ?? 0) - (state.refundedBefore ?? 0)
        if order.status == .paymentFailed {
            try await context.publish(
                OrderPaymentFailed(order: order.summary, reason: order.failureReason ?? ""), about: order.id,
                version: order.version, in: tx)
        } else if refunded > 0 {
            try await context.publish(
                OrderRefunded(
                    order: order.summary, amount: refunded, refundedAmount: order.refundedAmount ?? refunded,
                    isWhole: order.status == .refunded),
                about: order.id, version: order.version, in: tx)
        } else if !state.statusBefore.isDecided, let paymentId = order.paymentId, let paidAt = order.paidAt {
            try await context.publish(
                OrderPaid(order: order.summary, paymentId: paymentId, paidAt: paidAt), about: order.id,
                version: order.version, in: tx)
        }
    }

    private func notPossible(_ order: Order) -> Problem {
        .notPossible(order.refusal(of: .cancel) ?? "its delivery did not let go of it")
    }
}

extension Problem {
    /// 409: the order's states are in the way.
    static func notPossible(_ why: String) -> Problem {
        Problem(status: 409, title: "Not possible now", detail: why)
    }
}
