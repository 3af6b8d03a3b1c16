import Contracts
import Kernel
import Messaging
import Saga
import ServiceHost
import Storage

/// Begins and ends the cancellation of orders, whether a person, an event or the clock asks for it.
struct Cancelling: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let sagas: Sagas<CancellationState>

    /// `nil` where it cannot be cancelled.
    func begin(
        _ order: Order, reason: String, isOverdue: Bool = false, in tx: any Transaction
    ) async throws -> SagaInstance<CancellationState>? {
        var order = order
        let (statusBefore, refundedBefore) = (order.status, order.refundedAmount)
        // An order that could not be cancelled may be tried again: the version tells the tries apart.
        let sagaId = "\(order.id)-\(order.version + 1)"
        guard order.cancellationBegan(sagaId: sagaId, at: context.loop.now) else { return nil }
        order.record(OrderCancellationBegan(order: order.summary, reason: reason, requestedAt: context.loop.now))
        order = try await orders.update(order, in: tx)
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
        _ context: ServiceEnvironment, _ orders: Repository<Order>, _ tasks: OperatorTasks
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
                    refunded: state.refundedAmount, isPaymentOpen: state.isPaymentOpen, at: context.loop.now)
                guard isCancelled else { return }
            } else {
                guard order.cancellationRefused() else { return }
                order.record(
                    OrderCancellationRefused(
                        order: order.summary, paymentStatus: order.paymentStatus, reason: saga.reason ?? "",
                        refusedAt: context.loop.now))
                order.recordMissed(saga.state)
            }
            try await orders.update(order, in: tx)
        }
    }
}

extension Order {
    /// Records what happened to the payment while the order was being cancelled, and was not told then.
    fileprivate mutating func recordMissed(_ state: CancellationState) {
        let refunded = (refundedAmount ?? 0) - (state.refundedBefore ?? 0)
        if status == .paymentFailed {
            record(OrderPaymentFailed(order: summary, reason: failureReason ?? ""))
        } else if refunded > 0 {
            record(
                OrderRefunded(
                    order: summary, amount: refunded, refundedAmount: refundedAmount ?? refunded,
                    isWhole: status == .refunded))
        } else if !state.statusBefore.isDecided, let paymentId, let paidAt {
            record(OrderPaid(order: summary, paymentId: paymentId, paidAt: paidAt))
        }
    }
}
