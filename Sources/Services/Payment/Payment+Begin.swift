public import Kernel
public import PaymentProviders

/// Begins the steps of a payment that a request asks for, as far as its status allows.
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

    /// The longest history of a payment; with a longer one, a person has to look at it.
    static let maximumAttempts = 200

    /// Begins a step. Its call to the provider is made once the attempt is durable.
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

    /// Removes a step that certainly never reached the provider. Returns `false` if it may have, or if it gives money back
    /// that is to go back in any case, so that the step is tried again.
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

    /// Records that the reservation could not be given up. That is not tried again until a person asks for it.
    mutating func expiryFailed() { expiresAt = nil }

    /// Postpones everything that is due to `time`.
    mutating func postpone(until time: Timestamp) {
        for index in attempts.indices {
            if attempts[index].isOpen { attempts[index].checkAt = time }
            if attempts[index].verifyAt != nil { attempts[index].verifyAt = time }
        }
        if giveBackAt != nil { giveBackAt = time }
        if status == .authorised { expiresAt = time }
    }

    /// Makes the call of an attempt, which is the same each time. `token` is the means of payment of its request.
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
    /// The payment has the greatest number of attempts.
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

/// The next step by which no money of a cancelled order stays with the shop.
public enum Cancellation: Sendable, Hashable {
    /// Nothing is taken or reserved, and nothing will be.
    case settled
    /// The outcome of a step that is under way decides.
    case notDecided
    /// The action that is to be requested from the provider, with its amount in minor units.
    case toGiveBack(ProviderAction, Int64)
}

/// The number and the delays of the tries to give money back that the provider refuses.
public struct GiveBackPolicy: Sendable, Hashable {
    public let tries: Int
    /// The delay, four times as long after each refusal.
    let retry: RetryPolicy

    public init(tries: Int, firstDelay: Duration) {
        self.tries = tries
        retry = RetryPolicy(
            maximumRetries: tries, firstDelay: firstDelay, multiplier: 4, maximumDelay: firstDelay * (1 << 20))
    }
}

/// The outcome of an attempt to begin to give money back.
public struct GiveBack: Sendable, Hashable {
    public var begun: [PaymentAttempt] = []
    /// The reason of the last refusal, after as many tries as the policy has. A person has to look then.
    public var exhausted: String?
}

extension Payment {
    /// Makes a tombstone for an order that was cancelled before a payment was begun, so that none is begun later.
    public static func tombstone(id: String, orderId: String, provider: String, at time: Timestamp) -> Payment {
        var payment = Payment(
            id: id, orderId: orderId, money: Money(0, .southKoreanWon), provider: provider, requestedAt: time)
        payment.requestCancellation(at: time)
        return payment
    }

    public var isTombstone: Bool { status == .cancelled && attempts.isEmpty }

    /// Records for good that the order is cancelled. Returns whether that is news.
    @discardableResult
    public mutating func requestCancellation(at time: Timestamp) -> Bool {
        guard cancellationRequestedAt == nil else { return false }
        cancellationRequestedAt = time
        if attempts.isEmpty, status == .pending { status = .cancelled }
        return true
    }

    /// The progress of giving the money back.
    public var cancellation: Cancellation {
        switch status {
        case .refunded, .failed, .cancelled, .expired: strays
        case .pending: .notDecided
        case .authorised: attempts.contains(where: \.isOpen) ? .notDecided : .toGiveBack(.void, amount)
        case .captured, .partiallyRefunded:
            // Where neither is left, a chargeback took the rest.
            refundable > 0 ? .toGiveBack(.refund, refundable) : openRefunds.isEmpty ? strays : .notDecided
        }
    }

    private var strays: Cancellation {
        if let rest = strayRests.first { return .toGiveBack(.refund, rest.amount) }
        return attempts.contains { $0.strayReference != nil && $0.isOpen } ? .notDecided : .settled
    }

    /// The amounts that were taken beyond the order's one capture and are not on their way back, by charge.
    var strayRests: [(reference: String, amount: Int64)] {
        var rests: [(reference: String, amount: Int64)] = []
        for capture in attempts where capture.state == .succeeded && capture.action != .refund {
            guard let reference = capture.strayReference else { continue }
            let back = attempts.filter {
                $0.action == .refund && $0.strayReference == reference && ($0.isOpen || $0.state == .succeeded)
            }.reduce(0) { $0 + $1.amount }
            if capture.amount > back { rests.append((reference, capture.amount - back)) }
        }
        return rests
    }

    /// Begins to give money back: all of a cancelled order's, and strays in any case. It is called after every step. A try
    /// that the provider refuses is repeated a few times, with growing delays.
    public mutating func giveBack(
        by policy: GiveBackPolicy, at time: Timestamp, checkAt: Timestamp, nextId: () -> String
    ) -> GiveBack {
        giveBackAt = nil
        var result = GiveBack()
        for part in owed {
            let refusals = attempts.filter {
                $0.action == part.action && $0.strayReference == part.stray
                    && ($0.state == .refused || $0.state == .reversed) && $0.startedAt >= part.since
            }
            guard refusals.count < policy.tries else {
                result.exhausted = refusals.last?.reason ?? "refused by the provider"
                continue
            }
            if let last = refusals.compactMap(\.settledAt).max() {
                let due = last + policy.retry.delay(after: refusals.count)
                guard due <= time else {
                    giveBackAt = min(giveBackAt ?? due, due)
                    continue
                }
            }
            let id = nextId()
            var attempt = PaymentAttempt(
                id: id, action: part.action, amount: part.amount, idempotencyKey: id, startedAt: time,
                checkAt: checkAt, isExpiry: false)
            attempt.strayReference = part.stray
            attempts.append(attempt)
            result.begun.append(attempt)
        }
        return result
    }

    private var owed: [(action: ProviderAction, amount: Int64, stray: String?, since: Timestamp)] {
        let start = giveBackSince ?? Timestamp(milliseconds: 0)
        var parts: [(action: ProviderAction, amount: Int64, stray: String?, since: Timestamp)] = strayRests.map {
            (.refund, $0.amount, $0.reference, start)
        }
        guard let requested = cancellationRequestedAt else { return parts }
        let since = giveBackSince ?? requested
        switch status {
        case .authorised where !attempts.contains(where: \.isOpen): parts.append((.void, amount, nil, since))
        case .captured, .partiallyRefunded:
            if refundable > 0 { parts.append((.refund, refundable, nil, since)) }
        default: break
        }
        return parts
    }

    /// Tries a refused refund again, because an operator decided so.
    mutating func giveBackAnew(at time: Timestamp) {
        giveBackSince = time
        giveBackAt = time
    }
}
