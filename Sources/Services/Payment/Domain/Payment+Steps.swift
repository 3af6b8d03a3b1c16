public import Kernel

/// The steps of a payment's life. Each tells whether it changed anything.
extension Payment {
    /// The provider has the charge and will confirm.
    public mutating func accepted(reference: String, checkAt: Timestamp) -> Bool {
        guard status == .pending, attempt.state == .requested || attempt.state == .unknown else { return false }
        attempt.state = .accepted
        attempt.reference = reference
        attempt.checkAt = checkAt
        return true
    }

    /// The provider's answer did not come; what it did is to be found out.
    public mutating func outcomeUnknown(checkAt: Timestamp) -> Bool {
        guard status == .pending else { return false }
        if attempt.state == .requested { attempt.state = .unknown }
        attempt.checks += 1
        attempt.checkAt = checkAt
        return true
    }

    /// The provider captured the amount.
    public mutating func captured(reference: String, at time: Timestamp) -> Bool {
        guard status == .pending else { return false }
        status = .captured
        attempt.state = .succeeded
        attempt.reference = reference
        capturedAt = time
        return true
    }

    /// The provider refused for good.
    public mutating func refused(reason: String) -> Bool {
        guard status == .pending else { return false }
        status = .failed
        attempt.state = .refused
        failureReason = reason
        return true
    }
}
