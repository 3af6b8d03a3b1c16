public import Kernel
public import PaymentProviders

/// Which steps may begin when. Pure: the table of the state machine.
extension Payment {
    /// The actions that may be asked of the provider now.
    public var allowedActions: [ProviderAction] {
        switch status {
        case .pending: attempts.isEmpty ? [.charge, .authorise] : []
        case .authorised:
            attempts.contains(where: \.isOpen) ? [] : cancellationRequestedAt == nil ? [.capture, .void] : [.void]
        case .captured, .partiallyRefunded: refundable > 0 ? [.refund] : []
        case .refunded, .failed, .cancelled, .expired: []
        }
    }

    /// The refundable rest of the order's capture: refunds on their way count as given, and what a chargeback has
    /// taken is with the buyer already.
    public var refundable: Int64 {
        let open = openRefunds.reduce(0) { $0 + $1.amount }
        return max(0, capturedAmount - refundedAmount - disputedAmount - open)
    }

    var openRefunds: [PaymentAttempt] {
        attempts.filter { $0.action == .refund && $0.isOpen && $0.strayReference == nil }
    }

    /// A payment whose history is longer than this is for a person.
    static let maximumAttempts = 200

    /// Begins a step; its call to the provider is made once this is durable.
    public mutating func begin(
        _ action: ProviderAction, amount: Int64, attemptId: String, idempotencyKey: String, at time: Timestamp,
        checkAt: Timestamp, isExpiry: Bool = false, hasPaymentToken: Bool = false
    ) throws(IllegalStep) -> PaymentAttempt {
        let allowed = allowedActions
        guard allowed.contains(action) else { throw .notAllowed(action, in: status, allowed: allowed) }
        let limit = action == .refund ? refundable : self.amount
        guard amount > 0, amount <= limit else { throw .amount(amount, limit: limit) }
        guard attempts.count < Self.maximumAttempts else { throw .tooMany(Self.maximumAttempts) }
        var attempt = PaymentAttempt(
            id: attemptId, action: action, amount: amount, idempotencyKey: idempotencyKey, startedAt: time,
            checkAt: checkAt, isExpiry: isExpiry)
        if hasPaymentToken { attempt.hasPaymentToken = true }
        attempts.append(attempt)
        return attempt
    }

    /// Takes a step back that certainly never reached the provider. `false` if it may have, or if it gives money
    /// back that is to go back in any case: then it is asked for again.
    public mutating func withdraw(attempt id: String) -> Bool {
        guard let index = attempts.firstIndex(where: { $0.id == id && $0.state == .requested }) else { return false }
        let isGivingBack = attempts[index].action == .refund || attempts[index].action == .void
        guard !isGivingBack || (cancellationRequestedAt == nil && attempts[index].strayReference == nil) else {
            return false
        }
        attempts.remove(at: index)
        if attempts.isEmpty {
            if cancellationRequestedAt != nil { status = .cancelled }
        } else if status == .pending {
            // Only strays are left.
            status = cancellationRequestedAt != nil ? .cancelled : .failed
        }
        return true
    }

    /// Asks nobody before that time.
    mutating func postpone(until time: Timestamp) {
        for index in attempts.indices {
            if attempts[index].isOpen { attempts[index].checkAt = time }
            if attempts[index].verifyAt != nil { attempts[index].verifyAt = time }
        }
        if giveBackAt != nil { giveBackAt = time }
        if status == .authorised { expiresAt = time }
    }

    /// The call that an attempt makes, the same each time. `token` is what its request brought along.
    public func call(for attempt: PaymentAttempt, token: String? = nil) -> ProviderCall {
        ProviderCall(
            action: attempt.action, orderId: orderId, money: Money(attempt.amount, currency),
            idempotencyKey: attempt.idempotencyKey, reference: attempt.strayReference ?? reference,
            paymentToken: token.map(PaymentToken.init))
    }
}

/// A step that must not begin.
public enum IllegalStep: Error, Hashable, CustomStringConvertible {
    case notAllowed(ProviderAction, in: PaymentStatus, allowed: [ProviderAction])
    case amount(Int64, limit: Int64)
    /// So many attempts were made that another one is not begun.
    case tooMany(Int)

    public var description: String {
        switch self {
        case .notAllowed(let action, let status, let allowed):
            "\(action.rawValue) is not possible for a payment that is \(status.rawValue)"
                + (allowed.isEmpty ? "" : "; possible is \(allowed.map(\.rawValue).joined(separator: ", "))")
        case .amount(let amount, let limit): "the amount \(amount) is not from 1 to \(limit)"
        case .tooMany(let count): "\(count) attempts were made; another one is not begun"
        }
    }
}
