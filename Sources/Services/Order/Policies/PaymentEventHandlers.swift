import Contracts
import Messaging
import Saga
import ServiceHost
import Storage
import Telemetry

/// Moves orders on when payment tells how a payment ended. The version on the event decides whether it is news.
struct PaymentEventHandlers: Sendable {
    let context: ServiceEnvironment
    let orders: Repository<Order>
    let payment: OrderPayment
    let cancelling: Cancelling
    let refunds: Sagas<RefundState>
    let receiving: PaymentReceiving

    func approved(_ approval: PaymentApproved, _ event: CloudEvent, in tx: any Transaction) async throws {
        try await receiving.receive(
            .init(
                paymentId: approval.paymentId, amount: approval.amount, currency: approval.currency,
                version: event.sequence, at: approval.approvedAt), for: approval.orderId, in: tx)
    }

    /// The money is the shop's again, and can be asked back again. That of a cancelled order payment keeps at giving back.
    func refundFailed(_ failure: PaymentRefundFailed, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(failure.orderId, in: tx),
            order.refundFailed(paymentVersion: event.sequence, refundedAmount: failure.refundedAmount)
        else { return }
        order = try await orders.update(order, in: tx)
        try await context.publish(
            OrderRefundFailed(
                order: order.summary, amount: failure.amount, refundedAmount: failure.refundedAmount,
                failedAt: failure.failedAt), of: order, in: tx)
    }

    func disputed(_ dispute: PaymentDisputed, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(dispute.orderId, in: tx),
            order.paymentDisputed(dispute.stage, paymentVersion: event.sequence, at: dispute.at)
        else { return }
        order = try await orders.update(order, in: tx)
        try await context.publish(
            OrderDisputed(order: order.summary, stage: dispute.stage, amount: dispute.amount, at: dispute.at),
            of: order,
            in: tx)
        // The bank has given the buyer what the provider refused to.
        guard dispute.stage == .fundsWithdrawn, let saga = order.cancellation?.sagaId else { return }
        try await cancelling.sagas.unpark(saga, in: tx)
    }

    func refunded(_ refund: PaymentRefunded, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(refund.orderId, in: tx) else { return }
        guard
            order.paymentRefunded(
                paymentVersion: event.sequence, refundedAmount: refund.refundedAmount, isWhole: refund.isWhole,
                at: refund.refundedAt)
        else { return }
        let isUntold = order.refundTold()
        order = try await orders.update(order, in: tx)
        if refund.isWhole {
            try await receiving.tasks.settle(
                .paidAndStopped, subject: order.id, reason: "the money is back", in: tx)
        }
        // One that was parked because the provider refused goes on where somebody else has given the money back.
        if let saga = order.cancellation?.sagaId, refund.isWhole { try await cancelling.sagas.unpark(saga, in: tx) }
        guard isUntold else { return }
        try await context.publish(
            OrderRefunded(
                order: order.summary, amount: refund.amount, refundedAmount: refund.refundedAmount,
                isWhole: refund.isWhole), of: order, in: tx)
        guard refund.isWhole, !order.isGivenUp else { return }
        try await RefundSaga.follow(order, paymentVersion: event.sequence, with: refunds, in: tx)
    }

    func authorised(_ authorisation: PaymentAuthorised, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(authorisation.orderId, in: tx) else { return }
        let isTooLate = order.paymentStatus == .failed
        guard order.paymentAuthorised(paymentId: authorisation.paymentId, paymentVersion: event.sequence) else {
            return
        }
        order = try await orders.update(order, in: tx)
        if isTooLate, !order.isGivenUp { try await receiving.giveBackLate(order, in: tx) }
    }

    /// Nothing will be taken for it any more, so that it is given up too.
    func cancelled(_ cancellation: PaymentCancelled, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard let order = try await orders.find(cancellation.orderId, in: tx) else { return }
        let saga = try await cancelling.begin(
            order, reason: cancellation.isExpiry ? "nobody captured the payment in time" : "the payment was cancelled",
            in: tx)
        guard var order = try await orders.find(order.id, in: tx),
            order.paymentCancelled(paymentVersion: event.sequence)
        else { return }
        try await orders.update(order, in: tx)
        if let saga { cancelling.sagas.driveInBackground(saga, after: tx) }
    }

    func failed(_ failure: PaymentFailed, _ event: CloudEvent, in tx: any Transaction) async throws {
        guard var order = try await orders.find(failure.orderId, in: tx) else { return }
        _ = try await payment.fail(
            &order, paymentId: failure.paymentId, version: event.sequence, reason: failure.reason, in: tx)
    }
}
