import Contracts
import Messaging
import ServiceHost
import Storage
import Telemetry

/// What order does when payment tells how a payment ended. The version on the event decides whether it is news.
struct PaymentEventHandlers: Sendable {
    let context: ServiceContext
    let orders: Repository<Order>
    let payment: OrderPayment

    func approved(_ approval: PaymentApproved, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(approval.orderId, in: tx) else {
            context.log.warning(
                "payment approved for an order that does not stand", ["order": .string(approval.orderId)])
            return
        }
        guard approval.amount == order.amount, approval.currency == order.currency else {
            context.log.error(
                "a payment of another amount than the order's",
                ["order": .string(order.id), "payment": .string(approval.paymentId)])
            return
        }
        guard
            order.paymentApproved(
                paymentId: approval.paymentId, paymentVersion: event.sequence, at: approval.approvedAt)
        else { return }
        order = try await orders.update(order, in: tx)
        // The money of one that is given up goes back: nobody is to act on it.
        guard !order.isGivenUp else { return }
        try await context.publish(
            OrderPaid(order: order.summary, paymentId: approval.paymentId, paidAt: approval.approvedAt),
            about: order.id, version: order.version, in: tx)
    }

    func refunded(_ refund: PaymentRefunded, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(refund.orderId, in: tx) else { return }
        guard
            order.paymentRefunded(
                paymentVersion: event.sequence, refundedAmount: refund.refundedAmount, isWhole: refund.isWhole)
        else { return }
        order = try await orders.update(order, in: tx)
        // Its cancellation tells.
        guard !order.isGivenUp else { return }
        try await context.publish(
            OrderRefunded(
                order: order.summary, amount: refund.amount, refundedAmount: refund.refundedAmount,
                isWhole: refund.isWhole),
            about: order.id, version: order.version, in: tx)
    }

    func failed(_ failure: PaymentFailed, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(failure.orderId, in: tx) else { return }
        _ = try await payment.fail(
            &order, paymentId: failure.paymentId, version: event.sequence, reason: failure.reason, in: tx)
    }
}
