public import Contracts
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
        // What came in meanwhile was kept.
        if isPaid, before == .paymentPending || before == .placed { status = .paid }
        statusBeforeCancelling = nil
        return true
    }

    /// The checkout that it came from came to nothing; what was paid has gone back.
    public mutating func withdrawn(_ failure: CheckoutFailure, reason: String, at time: Timestamp) -> Bool {
        // What has left the shop cannot be taken back by its checkout.
        guard !isGivenUp, status != .paymentFailed, status != .shipped, status != .delivered else { return false }
        if failure == .paymentDeclined, !isPaid {
            status = .paymentFailed
        } else {
            status = .cancelled
            cancelledAt = time
        }
        failureReason = reason
        return true
    }
}
