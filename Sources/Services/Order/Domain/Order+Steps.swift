public import Kernel

/// The steps of an order's life. Each tells whether it changed anything: a step that came before, or too late, does not.
extension Order {
    /// The payment service answered that the payment has started.
    public mutating func paymentStarted(paymentId: String) -> Bool {
        guard status == .paymentPending else { return false }
        status = .placed
        self.paymentId = paymentId
        return true
    }

    /// Payment could not say. It is asked again after 2 s, 4 s, 8 s … and at most a minute, so that an order that it always
    /// refuses does not hold up the others.
    public mutating func settlingFailed(at time: Timestamp) -> Bool {
        guard isUnsettled else { return false }
        let tries = (settleTries ?? 0) + 1
        settleTries = tries
        settleAt = time + min(.seconds(1 << min(tries, 6)), .seconds(60))
        return true
    }

    /// The payment service has the payment and is finding out what the provider did; its event will tell.
    public mutating func paymentTakenOver(paymentId: String) -> Bool {
        guard status == .paymentPending, self.paymentId == nil else { return false }
        self.paymentId = paymentId
        return true
    }

    /// The provider captured the amount. An order that is being cancelled has it for the case that it cannot be.
    public mutating func paymentApproved(paymentId: String, paymentVersion: Int64, at time: Timestamp) -> Bool {
        guard isNews(paymentVersion), !isPaid else { return false }
        if status == .cancelling {
            statusBeforeCancelling = .paid
        } else if !isGivenUp {
            status = .paid
            failureReason = nil
        }
        self.paymentId = paymentId
        self.paymentVersion = paymentVersion
        paidAt = time
        return true
    }

    /// The provider refused the payment for good.
    public mutating func paymentFailed(paymentId: String, paymentVersion: Int64, reason: String) -> Bool {
        guard isNews(paymentVersion), !(statusBeforeCancelling ?? status).isDecided, !isPaid else { return false }
        if status == .cancelling { statusBeforeCancelling = .paymentFailed } else { status = .paymentFailed }
        self.paymentId = paymentId
        self.paymentVersion = paymentVersion
        failureReason = reason
        return true
    }

    /// Money went back to the buyer.
    public mutating func paymentRefunded(paymentVersion: Int64, refundedAmount: Int64, isWhole: Bool) -> Bool {
        guard isNews(paymentVersion), isPaid else { return false }
        let next = isWhole ? OrderStatus.refunded : .partiallyRefunded
        if status == .cancelling { statusBeforeCancelling = next } else if !isGivenUp { status = next }
        self.paymentVersion = paymentVersion
        self.refundedAmount = refundedAmount
        return true
    }

    var isPaid: Bool { paidAt != nil }

    /// Whether it will not be carried out, or is about to.
    var isGivenUp: Bool { status == .cancelling || status == .cancelled }

    private func isNews(_ version: Int64) -> Bool { version > paymentVersion }
}
