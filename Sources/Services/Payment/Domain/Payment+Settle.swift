public import Kernel
import PaymentProviders

/// What is learnt of an attempt, from whichever side: the call's answer, a callback, a look-up.
public enum AttemptNews: Sendable, Hashable {
    case accepted(reference: String, checkAt: Timestamp)
    case unknown(checkAt: Timestamp)
    case succeeded(reference: String)
    case refused(reason: String)
}

/// What follows from news, for the ledger and for others.
public enum PaymentEffect: Sendable, Hashable {
    case authorised
    case captured(amount: Int64, attemptId: String)
    case refunded(amount: Int64, attemptId: String)
    case refundRefused(reason: String)
    case failed(reason: String)
    case cancelled
    case expired
    /// The provider said both yes and no of one attempt. Nothing is changed; a person has to look.
    case contradiction(attemptId: String)
}

extension Payment {
    /// Applies news to an attempt. `nil`: it was known, or came too late to matter; nothing changed.
    public mutating func settle(_ attemptId: String, _ news: AttemptNews, at time: Timestamp) -> [PaymentEffect]? {
        guard let index = attempts.firstIndex(where: { $0.id == attemptId }) else { return nil }
        let before = attempts[index]
        switch (before.state, news) {
        case (.requested, .accepted(let reference, let checkAt)), (.unknown, .accepted(let reference, let checkAt)):
            attempts[index].state = .accepted
            attempts[index].reference = reference
            attempts[index].checkAt = checkAt
            if before.action == .charge || before.action == .authorise { self.reference = reference }
            return []
        case (.requested, .unknown(let checkAt)), (.accepted, .unknown(let checkAt)), (.unknown, .unknown(let checkAt)):
            if before.state == .requested { attempts[index].state = .unknown }
            attempts[index].checks += 1
            attempts[index].checkAt = checkAt
            return []
        case (.requested, .succeeded(let reference)), (.accepted, .succeeded(let reference)),
            (.unknown, .succeeded(let reference)):
            attempts[index].state = .succeeded
            attempts[index].reference = reference
            attempts[index].settledAt = time
            return [succeed(attempts[index], at: time)]
        case (.requested, .refused(let reason)), (.accepted, .refused(let reason)), (.unknown, .refused(let reason)):
            attempts[index].state = .refused
            attempts[index].settledAt = time
            attempts[index].reason = reason
            return refuse(attempts[index], reason).map { [$0] } ?? []
        case (.succeeded, .refused), (.refused, .succeeded):
            guard !needsOperator else { return nil }
            needsOperator = true
            return [.contradiction(attemptId: attemptId)]
        case (.accepted, .accepted), (.succeeded, _), (.refused, _):
            return nil
        }
    }

    private mutating func succeed(_ attempt: PaymentAttempt, at time: Timestamp) -> PaymentEffect {
        switch attempt.action {
        case .charge, .capture:
            if attempt.action == .charge { reference = attempt.reference }
            status = .captured
            capturedAmount = attempt.amount
            capturedAt = time
            return .captured(amount: attempt.amount, attemptId: attempt.id)
        case .authorise:
            reference = attempt.reference
            status = .authorised
            return .authorised
        case .void:
            status = attempt.isExpiry ? .expired : .cancelled
            return attempt.isExpiry ? .expired : .cancelled
        case .refund:
            refundedAmount += attempt.amount
            status = refundedAmount == capturedAmount ? .refunded : .partiallyRefunded
            return .refunded(amount: attempt.amount, attemptId: attempt.id)
        }
    }

    private mutating func refuse(_ attempt: PaymentAttempt, _ reason: String) -> PaymentEffect? {
        switch attempt.action {
        case .charge, .authorise:
            status = .failed
            failureReason = reason
            return .failed(reason: reason)
        case .refund:
            // Asked for by an order that does not stand: somebody has to see that the buyer gets it back.
            if cancellationRequestedAt != nil { needsOperator = true }
            return .refundRefused(reason: reason)
        case .void where attempt.isExpiry:
            // The provider does not let go of what nobody captured: not asked again and again, but looked at.
            expiresAt = nil
            needsOperator = true
            return nil
        // The reservation stands as it was; another capture or void may be tried.
        case .capture, .void:
            if cancellationRequestedAt != nil { needsOperator = true }
            return nil
        }
    }
}
