public import Kernel
public import PaymentProviders

/// What is to be done so that nothing of a cancelled order's money stays with the shop. Pure.
public enum Cancellation: Sendable, Hashable {
    /// Nothing is taken or reserved, and nothing will be.
    case settled
    /// Something is under way whose outcome decides.
    case notDecided
    /// To be asked of the provider now, with minor units.
    case toGiveBack(ProviderAction, Int64)
}

extension Payment {
    /// Stands for an order that was cancelled before a payment was begun: none can be begun any more.
    public static func neverBegun(id: String, orderId: String, provider: String, at time: Timestamp) -> Payment {
        var payment = Payment(
            id: id, orderId: orderId, money: Money(0, .southKoreanWon), provider: provider, requestedAt: time)
        payment.requestCancellation(at: time)
        return payment
    }

    public var isNeverBegun: Bool { status == .cancelled && attempts.isEmpty }

    /// Remembers it for good. Tells whether that is news.
    @discardableResult
    public mutating func requestCancellation(at time: Timestamp) -> Bool {
        guard cancellationRequestedAt == nil else { return false }
        cancellationRequestedAt = time
        if attempts.isEmpty, status == .pending { status = .cancelled }
        return true
    }

    /// How far giving it back is.
    public var cancellation: Cancellation {
        switch status {
        case .refunded, .failed, .cancelled, .expired: .settled
        case .pending: .notDecided
        case .authorised: attempts.contains(where: \.isOpen) ? .notDecided : .toGiveBack(.void, amount)
        case .captured, .partiallyRefunded: refundable > 0 ? .toGiveBack(.refund, refundable) : .notDecided
        }
    }

    /// Begins to give back what is there to be, where that was asked for: to be called after every step. What the
    /// provider has refused since then is not begun again by itself.
    public mutating func giveBack(attemptId: String, at time: Timestamp, checkAt: Timestamp) -> PaymentAttempt? {
        guard let since = cancellationRequestedAt, case .toGiveBack(let action, let amount) = cancellation,
            !attempts.contains(where: { $0.action == action && $0.state == .refused && $0.startedAt >= since })
        else { return nil }
        return try? begin(
            action, amount: amount, attemptId: attemptId, idempotencyKey: attemptId, at: time, checkAt: checkAt)
    }

    /// The provider took or reserved money for an order whose payment was never begun here: takes it over, so that it
    /// can be booked and given back.
    public mutating func adopt(
        _ action: ProviderAction, _ money: Money, idempotencyKey: String, provider: String, attemptId: String,
        at time: Timestamp
    ) -> PaymentAttempt? {
        guard isNeverBegun, action == .charge || action == .authorise, money.amount > 0 else { return nil }
        (amount, currency, status) = (money.amount, money.currency, .pending)
        self.provider = provider
        return try? begin(
            action, amount: money.amount, attemptId: attemptId, idempotencyKey: idempotencyKey, at: time,
            checkAt: time)
    }
}
