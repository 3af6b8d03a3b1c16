public import Contracts
public import Kernel
import Messaging

/// Changes the payment status of an order. Each method returns whether it changed anything, which a repetition or a late
/// event does not. The payment goes on whether the order is being cancelled or not.
extension Order {
    /// Records the answer of the payment service that the payment has started.
    public mutating func paymentStarted(paymentId: String) -> Bool {
        guard cancellation == nil, take(.started) else { return false }
        self.paymentId = paymentId
        return true
    }

    /// The backoff after which payment is asked again about an outcome that it did not know: 2 s, 4 s, 8 s … and at most
    /// a minute, so that an order that it always refuses does not hold up the others.
    private static let settling = RetryPolicy.exponential(from: .seconds(2), cap: .seconds(60))

    /// Claims the order before payment is asked. It is not due again for as long as the call can take, or two processes
    /// would ask at once.
    public mutating func settlingBegan(at time: Timestamp, lasting callTime: Duration) -> Bool {
        guard isUnsettled else { return false }
        let tries = (settleTries ?? 0) + 1
        settleTries = tries
        settleAt = time + max(callTime, Self.settling.delay(after: tries))
        return true
    }

    /// Schedules the next call after payment did not know the outcome.
    public mutating func settlingFailed(at time: Timestamp) -> Bool {
        guard isUnsettled, let settleTries else { return false }
        settleAt = time + Self.settling.delay(after: settleTries)
        return true
    }

    /// Records that the payment service has the payment and is finding out what the provider did. Its event will tell.
    public mutating func paymentTakenOver(paymentId: String) -> Bool {
        guard paymentStatus == .requiresPayment, cancellation == nil, self.paymentId == nil else { return false }
        self.paymentId = paymentId
        return true
    }

    /// Records that the provider reserved the amount.
    public mutating func paymentAuthorised(paymentId: String, paymentVersion: Int64) -> Bool {
        guard take(.authorised, version: paymentVersion) else { return false }
        self.paymentId = paymentId
        return true
    }

    /// Records that the provider captured the amount, however late that is told. The money of an order that is given up,
    /// or whose payment had been refused, goes back, so that no event asks anybody to act on it.
    public mutating func paymentApproved(paymentId: String, paymentVersion: Int64, at time: Timestamp) -> Bool {
        let isTooLate = paymentStatus == .failed
        guard take(.captured, version: paymentVersion) else { return false }
        if cancellation == nil { failureReason = nil }
        self.paymentId = paymentId
        paidAt = time
        if !isGivenUp, !isTooLate { record(OrderPaid(order: summary, paymentId: paymentId, paidAt: time)) }
        return true
    }

    /// Records that the provider refused the payment for good.
    public mutating func paymentFailed(paymentId: String, paymentVersion: Int64, reason: String) -> Bool {
        guard take(.failed, version: paymentVersion) else { return false }
        self.paymentId = paymentId
        failureReason = reason
        if !isGivenUp { record(OrderPaymentFailed(order: summary, reason: reason)) }
        return true
    }

    /// Records a refused payment of which the checkout heard before the event came here.
    public mutating func paymentDeclined(reason: String) -> Bool {
        guard cancellation == nil, take(.failed) else { return false }
        failureReason = reason
        record(OrderPaymentFailed(order: summary, reason: reason))
        return true
    }

    /// Records that a reservation was given up, by its expiry or a person, and nothing was taken.
    public mutating func paymentCancelled(paymentVersion: Int64) -> Bool {
        take(.cancelled, version: paymentVersion)
    }

    /// Records a refund. `refundedAmount` is the sum of all refunds, in minor units.
    public mutating func paymentRefunded(
        paymentVersion: Int64, refundedAmount: Int64, isWhole: Bool, at time: Timestamp? = nil
    ) -> Bool {
        guard isNews(paymentVersion), paymentStatus.isCaptured else { return false }
        _ = take(.refunded(isWhole ? .whole : .part), version: paymentVersion)
        self.paymentVersion = paymentVersion
        self.refundedAmount = refundedAmount
        refundedAt = time ?? refundedAt
        return true
    }

    /// Records that a confirmed refund of `failed` did not go through. `refundedAmount` stays refunded, in minor units.
    public mutating func refundFailed(
        _ failed: Int64, paymentVersion: Int64, refundedAmount: Int64, at time: Timestamp
    ) -> Bool {
        guard isNews(paymentVersion), paymentStatus.isCaptured else { return false }
        _ = take(.refundFailed(RefundedShare(refundedAmount, of: amount)))
        self.paymentVersion = paymentVersion
        self.refundedAmount = refundedAmount
        if let told = cancellation?.refundedAmount { cancellation?.refundedAmount = min(told, refundedAmount) }
        record(OrderRefundFailed(order: summary, amount: failed, refundedAmount: refundedAmount, failedAt: time))
        return true
    }

    /// Records that the buyer's bank disputes `disputed` of the payment, in minor units, or has decided about it. A
    /// dispute that is lost stays one.
    public mutating func paymentDisputed(
        _ stage: PaymentDisputed.Stage, amount disputed: Int64, paymentVersion: Int64, at time: Timestamp
    ) -> Bool {
        guard isNews(paymentVersion), paymentStatus.isCaptured else { return false }
        switch stage {
        case .opened, .fundsWithdrawn, .lost:
            if take(.disputed) { disputedAt = time }
        case .won, .fundsReinstated: _ = take(.disputeWon(RefundedShare(refundedAmount ?? 0, of: amount)))
        }
        self.paymentVersion = paymentVersion
        record(OrderDisputed(order: summary, stage: stage, amount: disputed, at: time))
        return true
    }

    /// Whether the payment is not decided, and the order waits for it.
    var awaitsPayment: Bool {
        (paymentStatus == .requiresPayment || paymentStatus == .pending) && cancellation?.completedAt == nil
    }

    var isPaid: Bool { paymentStatus.isCaptured }

    private mutating func take(_ event: OrderPaymentEvent, version: Int64? = nil) -> Bool {
        if let version, !isNews(version) { return false }
        guard let next = paymentStatus.after(event) else { return false }
        paymentStatus = next
        if let version { paymentVersion = version }
        return true
    }

    private func isNews(_ version: Int64) -> Bool { version > paymentVersion }
}

/// Changes the fulfilment status of an order. The version of delivery's event decides whether it is news.
extension Order {
    /// Records that the delivery is being prepared.
    public mutating func deliveryStarted(deliveryVersion: Int64) -> Bool {
        take(.started, deliveryVersion)
    }

    /// Records that the goods have left the shop.
    public mutating func shipped(deliveryVersion: Int64, at time: Timestamp? = nil) -> Bool {
        guard take(.shipped, deliveryVersion) else { return false }
        shippedAt = time
        return true
    }

    /// Records that the buyer has the goods.
    public mutating func delivered(deliveryVersion: Int64, at time: Timestamp? = nil) -> Bool {
        guard take(.delivered, deliveryVersion) else { return false }
        deliveredAt = time
        return true
    }

    /// Records that the delivery was given up before the goods left.
    public mutating func deliveryCancelled(deliveryVersion: Int64) -> Bool {
        take(.cancelled, deliveryVersion)
    }

    /// Records delivery's answer that the goods never leave: before its event said so, or if there was no delivery.
    public mutating func deliveryStopped() -> Bool {
        guard let next = fulfilmentStatus.after(.cancelled) else { return false }
        fulfilmentStatus = next
        return true
    }

    /// Records that goods that had left are back.
    public mutating func returned(at time: Timestamp) -> Bool {
        guard let next = fulfilmentStatus.after(.returned) else { return false }
        fulfilmentStatus = next
        returnedAt = time
        record(OrderReturned(order: summary, returnedAt: time))
        return true
    }

    private mutating func take(_ event: FulfilmentEvent, _ version: Int64) -> Bool {
        guard version > deliveryVersion else { return false }
        deliveryVersion = version
        if let next = fulfilmentStatus.after(event) { fulfilmentStatus = next }
        return true
    }
}

/// Gives an order up. Each method returns whether it changed anything.
extension Order {
    /// Begins the cancellation. Nothing else happens to the order until delivery, payment and product have answered.
    public mutating func cancellationBegan(sagaId: String? = nil, at time: Timestamp? = nil) -> Bool {
        guard refusal(of: .cancel) == nil else { return false }
        cancellation = OrderCancellation(sagaId: sagaId, requestedAt: time)
        return true
    }

    /// Ends the cancellation, after all have taken back their parts. `nothingWasTaken` if payment has said so for good.
    /// `refunded` is payment's sum, in minor units, whose event may come later. `isPaymentOpen` if payment does not know
    /// yet.
    public mutating func cancelled(
        reason: String, nothingWasTaken: Bool = false, refunded: Int64? = nil, isPaymentOpen: Bool? = nil,
        at time: Timestamp
    ) -> Bool {
        guard cancellation != nil, cancellation?.completedAt == nil else { return false }
        cancellation?.completedAt = time
        let told = max(refunded ?? 0, refundedAmount ?? 0)
        cancellation?.refundedAmount = told
        failureReason = reason
        cancelledAt = time
        if let next = fulfilmentStatus.after(.cancelled) { fulfilmentStatus = next }
        if nothingWasTaken, let next = paymentStatus.after(.cancelled) { paymentStatus = next }
        record(
            OrderCancelled(
                order: summary, reason: reason, refundedAmount: told, isPaymentOpen: isPaymentOpen, cancelledAt: time))
        return true
    }

    /// Records the event about the latest refund, if it is news, and returns whether it is. The event at the end of a
    /// cancellation tells of its refund; only a refund after that is news.
    mutating func refundTold(of amount: Int64, isWhole: Bool) -> Bool {
        let sum = refundedAmount ?? amount
        if let cancellation {
            guard let told = cancellation.refundedAmount, sum > told else { return false }
            self.cancellation?.refundedAmount = sum
        }
        record(OrderRefunded(order: summary, amount: amount, refundedAmount: sum, isWhole: isWhole))
        return true
    }

    /// Ends the cancellation of an order that cannot be cancelled any more, and goes on.
    public mutating func cancellationRefused() -> Bool {
        guard cancellation != nil, cancellation?.completedAt == nil else { return false }
        cancellation = nil
        return true
    }

    /// Makes the order a tombstone, because it is withdrawn before it was created. Its creation finds the tombstone, and no
    /// event tells of it.
    public mutating func becomeTombstone(reason: String, at time: Timestamp) {
        cancellation = OrderCancellation(sagaId: nil, requestedAt: time, completedAt: time)
        paymentStatus = .cancelled
        fulfilmentStatus = .cancelled
        failureReason = reason
        cancelledAt = time
        recorded.removeAll()
    }

    /// Whether the order is cancelled, or being cancelled.
    var isGivenUp: Bool { cancellation != nil }
}
