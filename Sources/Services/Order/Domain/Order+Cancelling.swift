public import Kernel

/// How an order is given up. Each step tells whether it changed anything.
extension Order {
    public static let cancellable: Set<OrderStatus> = [.paymentPending, .placed, .paid, .partiallyRefunded]

    /// From now on nothing else happens to it, until delivery, payment and product have answered.
    public mutating func cancellationBegan() -> Bool {
        guard Self.cancellable.contains(status) else { return false }
        statusBeforeCancelling = status
        status = .cancelling
        return true
    }

    /// All have taken back their parts.
    public mutating func cancelled(reason: String, at time: Timestamp) -> Bool {
        guard status == .cancelling else { return false }
        status = .cancelled
        statusBeforeCancelling = nil
        failureReason = reason
        cancelledAt = time
        return true
    }

    /// It cannot be cancelled any more: it goes on.
    public mutating func cancellationRefused() -> Bool {
        guard status == .cancelling, let before = statusBeforeCancelling else { return false }
        status = before
        statusBeforeCancelling = nil
        return true
    }

    /// Its payment was refused, as the checkout heard before its event came here.
    public mutating func paymentDeclined(reason: String) -> Bool {
        guard !status.isDecided, !isPaid else { return false }
        status = .paymentFailed
        failureReason = reason
        return true
    }

    /// It is withdrawn before it was ever created: its creation finds it so.
    public mutating func neverCreated(reason: String, at time: Timestamp) {
        status = .cancelled
        failureReason = reason
        cancelledAt = time
    }
}
