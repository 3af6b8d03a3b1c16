import Contracts
public import Kernel
import Messaging
import PaymentProviders

/// News of an attempt, from the call's answer, a callback, a look-up or a statement.
public enum AttemptNews: Sendable, Hashable {
    case accepted(reference: String, checkAt: Timestamp)
    case unknown(checkAt: Timestamp)
    /// The provider repeats an error that it stored: nothing is known, and sending it again tells nothing.
    case storedError(checkAt: Timestamp)
    case succeeded(reference: String)
    case refused(reason: String)
}

/// A consequence of news, for the ledger and for operators. Other services hear of it by the events that the payment
/// records.
public enum PaymentEffect: Sendable, Hashable {
    case authorised
    case captured(amount: Int64, attemptId: String)
    case refunded(amount: Int64, attemptId: String)
    case refundRefused(reason: String)
    /// A refund that had succeeded did not arrive, so that its money is the shop's again.
    case refundReversed(amount: Int64, attemptId: String, reason: String)
    /// Money beyond the order's one capture was taken. It is booked and given back; the order is not told.
    case strayCaptured(amount: Int64, attemptId: String)
    case strayRefunded(amount: Int64, attemptId: String)
    case strayRefundReversed(amount: Int64, attemptId: String)
    /// More went back than was captured.
    case refundedTooMuch(amount: Int64)
    case failed(reason: String)
    case cancelled
    case expired
    /// The provider does not give up a reservation that nobody captured.
    case reservationKept(reason: String)
    /// The provider, asked again, contradicts its earlier answer about this attempt. Nothing is changed.
    case contradiction(attemptId: String)
    /// The provider, asked again, confirms its earlier answer.
    case confirmed(attemptId: String)
}

extension Payment {
    /// Applies news to an attempt. Returns `nil` and changes nothing if the news was known, or came too late to matter.
    /// `isConfirmed` if the provider answered a look-up, rather than sent a message that may come in any order.
    public mutating func settle(
        _ attemptId: String, _ news: AttemptNews, at time: Timestamp, isConfirmed: Bool = false
    ) -> [PaymentEffect]? {
        guard let index = attempts.firstIndex(where: { $0.id == attemptId }) else { return nil }
        if attempts[index].verifyAt != nil, isConfirmed { return verify(index, news, at: time) }
        if attempts[index].isOpen { return decide(index, news, at: time) }
        switch (attempts[index].state, news) {
        case (.refused, .succeeded(let reference)):
            switch attempts[index].action {
            // An older message cannot undo a capture: the refusal was not the last word.
            case .charge, .capture: return succeed(index, reference, at: time)
            case .authorise, .void, .refund:
                // A refund may fail after it succeeded, and the two messages may come in either order.
                return isConfirmed ? succeed(index, reference, at: time) : contradict(index, at: time)
            }
        case (.succeeded, .refused(let reason)):
            if attempts[index].action == .refund { return reverse(index, reason, at: time) }
            return contradict(index, at: time)
        default: return nil
        }
    }

    private mutating func decide(_ index: Int, _ news: AttemptNews, at time: Timestamp) -> [PaymentEffect]? {
        let before = attempts[index]
        switch news {
        case .accepted(let reference, let checkAt):
            guard before.state != .accepted else { return nil }
            attempts[index].state = .accepted
            attempts[index].reference = reference
            attempts[index].checkAt = checkAt
            if before.action == .charge || before.action == .authorise { self.reference = reference }
            return []
        case .unknown(let checkAt), .storedError(let checkAt):
            if before.state == .requested { attempts[index].state = .unknown }
            if case .storedError = news { attempts[index].hasStoredError = true }
            attempts[index].checks += 1
            attempts[index].checkAt = checkAt
            return []
        case .succeeded(let reference): return succeed(index, reference, at: time)
        case .refused(let reason):
            attempts[index].state = .refused
            attempts[index].settledAt = time
            attempts[index].reason = reason
            return refuse(attempts[index], reason).map { [$0] } ?? []
        }
    }

    /// Has the provider asked which of two contradicting messages holds.
    private mutating func contradict(_ index: Int, at time: Timestamp) -> [PaymentEffect]? {
        guard attempts[index].verifyAt == nil else { return nil }
        attempts[index].verifyAt = time
        return []
    }

    /// Has the provider asked at `time` about an attempt. Returns `false` if there is no such attempt.
    mutating func lookAgain(at attemptId: String, at time: Timestamp) -> Bool {
        guard let index = attempts.firstIndex(where: { $0.id == attemptId }) else { return false }
        if attempts[index].isOpen { attempts[index].checkAt = time } else { attempts[index].verifyAt = time }
        return true
    }

    /// Has the provider asked at `time` about refunds whose outcome is unknown. Returns `false` if there are none.
    public mutating func hastenRefunds(at time: Timestamp) -> Bool {
        var hasHastened = false
        for index in attempts.indices
        where attempts[index].action == .refund && attempts[index].state == .unknown && attempts[index].checkAt > time {
            attempts[index].checkAt = time
            hasHastened = true
        }
        return hasHastened
    }

    private mutating func verify(_ index: Int, _ news: AttemptNews, at time: Timestamp) -> [PaymentEffect]? {
        let attempt = attempts[index]
        switch (attempt.state, news) {
        case (_, .unknown(let checkAt)), (_, .storedError(let checkAt)), (_, .accepted(_, let checkAt)):
            attempts[index].checks += 1
            attempts[index].verifyAt = checkAt
            return []
        case (.refused, .succeeded(let reference)):
            attempts[index].verifyAt = nil
            return succeed(index, reference, at: time)
        case (.succeeded, .refused):
            attempts[index].verifyAt = nil
            return [.contradiction(attemptId: attempt.id)]
        default:
            attempts[index].verifyAt = nil
            return [.confirmed(attemptId: attempt.id)]
        }
    }

    mutating func succeed(_ index: Int, _ reference: String, at time: Timestamp) -> [PaymentEffect] {
        attempts[index].state = .succeeded
        attempts[index].reference = reference
        attempts[index].settledAt = time
        let attempt = attempts[index]
        switch attempt.action {
        case .charge, .capture: return capture(index, at: time)
        case .authorise:
            guard status == .pending || status == .failed else { return [.contradiction(attemptId: attempt.id)] }
            self.reference = reference
            (status, failureReason) = (.authorised, nil)
            record(PaymentAuthorised(paymentId: id, orderId: orderId, amount: amount, currency: currency))
            return [.authorised]
        case .void:
            guard status == .authorised else {
                let isKnown = status == .cancelled || status == .expired
                return isKnown ? [] : [.contradiction(attemptId: attempt.id)]
            }
            status = attempt.isExpiry ? .expired : .cancelled
            record(PaymentCancelled(paymentId: id, orderId: orderId, isExpiry: attempt.isExpiry))
            return [attempt.isExpiry ? .expired : .cancelled]
        case .refund: return refund(attempt, at: time)
        }
    }

    /// Applies a capture. An order has one; another one is a stray. A capture of a reservation that was given up, or of a
    /// cancelled order, goes back like the money of a cancelled order.
    private mutating func capture(_ index: Int, at time: Timestamp) -> [PaymentEffect] {
        let attempt = attempts[index]
        guard capturedAmount == 0, attempt.strayReference == nil else {
            attempts[index].strayReference = attempt.strayReference ?? attempt.reference
            return [.strayCaptured(amount: attempt.amount, attemptId: attempt.id)]
        }
        if status == .cancelled || status == .expired { requestCancellation(at: time) }
        if attempt.action == .charge { reference = attempt.reference }
        (status, capturedAmount, capturedAt, failureReason) = (.captured, attempt.amount, time, nil)
        record(
            PaymentApproved(
                paymentId: id, orderId: orderId, amount: attempt.amount, currency: currency, owner: owner,
                branchId: branchId, approvedAt: time))
        return [.captured(amount: attempt.amount, attemptId: attempt.id)]
    }

    private mutating func refund(_ attempt: PaymentAttempt, at time: Timestamp) -> [PaymentEffect] {
        guard attempt.strayReference == nil else {
            return [.strayRefunded(amount: attempt.amount, attemptId: attempt.id)]
        }
        let (sum, overflow) = refundedAmount.addingReportingOverflow(attempt.amount)
        refundedAmount = overflow ? .max : sum
        status = refundedAmount >= capturedAmount ? .refunded : .partiallyRefunded
        record(
            PaymentRefunded(
                paymentId: id, orderId: orderId, amount: attempt.amount, refundedAmount: refundedAmount,
                currency: currency, isWhole: status == .refunded, refundedAt: time))
        let excess = refundedAmount - capturedAmount
        return [.refunded(amount: attempt.amount, attemptId: attempt.id)]
            + (excess > 0 ? [.refundedTooMuch(amount: excess)] : [])
    }

    private mutating func reverse(_ index: Int, _ reason: String, at time: Timestamp) -> [PaymentEffect] {
        attempts[index].state = .reversed
        attempts[index].settledAt = time
        attempts[index].reason = reason
        let attempt = attempts[index]
        guard attempt.strayReference == nil else {
            return [.strayRefundReversed(amount: attempt.amount, attemptId: attempt.id)]
        }
        refundedAmount -= attempt.amount
        status =
            refundedAmount >= capturedAmount ? .refunded : refundedAmount > 0 ? .partiallyRefunded : .captured
        record(
            PaymentRefundFailed(
                paymentId: id, orderId: orderId, amount: attempt.amount, refundedAmount: refundedAmount,
                currency: currency, failedAt: time))
        return [.refundReversed(amount: attempt.amount, attemptId: attempt.id, reason: reason)]
    }

    private mutating func refuse(_ attempt: PaymentAttempt, _ reason: String) -> PaymentEffect? {
        switch attempt.action {
        case .charge, .authorise:
            // A charge that was adopted meanwhile stays valid.
            guard status == .pending else { return nil }
            status = .failed
            failureReason = reason
            record(PaymentFailed(paymentId: id, orderId: orderId, reason: reason))
            return .failed(reason: reason)
        case .refund: return .refundRefused(reason: reason)
        case .void where attempt.isExpiry && status == .authorised:
            // The provider does not give up a reservation that nobody captured. A person looks at it, and no job repeats it.
            expiresAt = nil
            return .reservationKept(reason: reason)
        // The reservation is as before, so that another capture or void may be tried.
        case .capture, .void: return nil
        }
    }
}
