public import Contracts
public import Kernel
import Messaging

/// Moves the money of an order on. Each step tells whether it changed anything: what came before, or too late, does
/// not. The money's way goes on whether the order is being cancelled or not.
extension Order {
    /// The payment service answered that the payment has started.
    public mutating func paymentStarted(paymentId: String) -> Bool {
        guard cancellation == nil, take(.started) else { return false }
        self.paymentId = paymentId
        return true
    }

    /// Until payment is asked again about an order of which it could not say: 2 s, 4 s, 8 s … and at most a minute, so that
    /// an order that it always refuses does not hold up the others.
    private static let settling = RetryPolicy.exponential(from: .seconds(2), cap: .seconds(60))

    /// Payment could not say, or is about to be asked: if that brings nothing, it is asked again after a while.
    public mutating func settlingFailed(at time: Timestamp) -> Bool {
        guard isUnsettled else { return false }
        let tries = (settleTries ?? 0) + 1
        settleTries = tries
        settleAt = time + Self.settling.delay(after: tries)
        return true
    }

    /// The payment service has the payment and is finding out what the provider did; its event will tell.
    public mutating func paymentTakenOver(paymentId: String) -> Bool {
        guard paymentStatus == .requiresPayment, cancellation == nil, self.paymentId == nil else { return false }
        self.paymentId = paymentId
        return true
    }

    /// The provider reserved the amount.
    public mutating func paymentAuthorised(paymentId: String, paymentVersion: Int64) -> Bool {
        guard take(.authorised, version: paymentVersion) else { return false }
        self.paymentId = paymentId
        return true
    }

    /// The provider captured the amount; it counts whenever that is told. The money of an order that is given up, or whose
    /// payment had been refused, goes back: nobody is to act on it.
    public mutating func paymentApproved(paymentId: String, paymentVersion: Int64, at time: Timestamp) -> Bool {
        let isTooLate = paymentStatus == .failed
        guard take(.captured, version: paymentVersion) else { return false }
        if cancellation == nil { failureReason = nil }
        self.paymentId = paymentId
        paidAt = time
        if !isGivenUp, !isTooLate { record(OrderPaid(order: summary, paymentId: paymentId, paidAt: time)) }
        return true
    }

    /// The provider refused the payment for good.
    public mutating func paymentFailed(paymentId: String, paymentVersion: Int64, reason: String) -> Bool {
        guard take(.failed, version: paymentVersion) else { return false }
        self.paymentId = paymentId
        failureReason = reason
        if !isGivenUp { record(OrderPaymentFailed(order: summary, reason: reason)) }
        return true
    }

    /// Its payment was refused, as the checkout heard before its event came here.
    public mutating func paymentDeclined(reason: String) -> Bool {
        guard cancellation == nil, take(.failed) else { return false }
        failureReason = reason
        record(OrderPaymentFailed(order: summary, reason: reason))
        return true
    }

    /// A reservation was given up, by its expiry or a person; nothing was taken.
    public mutating func paymentCancelled(paymentVersion: Int64) -> Bool {
        take(.cancelled, version: paymentVersion)
    }

    /// Money went back to the buyer: so much in all, in minor units.
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

    /// A refund of `failed` that had been confirmed did not go through: so much stays refunded, in minor units.
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

    /// The buyer's bank disputes `disputed` of the payment, in minor units, or has decided about it. A dispute that is lost
    /// stays one.
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

    /// Whether somebody looks after a payment of which nothing is decided.
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
