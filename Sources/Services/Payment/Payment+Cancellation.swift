public import Kernel
public import PaymentProviders

/// The next step so that nothing of a cancelled order's money stays with the shop. Pure.
public enum Cancellation: Sendable, Hashable {
    /// Nothing is taken or reserved, and nothing will be.
    case settled
    /// Something is under way whose outcome decides.
    case notDecided
    /// To be asked of the provider, with minor units.
    case toGiveBack(ProviderAction, Int64)
}

/// How often money that is to go back is asked for anew after the provider refused, and how long after each refusal.
public struct GiveBackPolicy: Sendable, Hashable {
    public let tries: Int
    /// Four times as long after each refusal.
    let retry: RetryPolicy

    public init(tries: Int, firstDelay: Duration) {
        self.tries = tries
        retry = RetryPolicy(
            maximumRetries: tries, firstDelay: firstDelay, multiplier: 4, maximumDelay: firstDelay * (1 << 20))
    }
}

/// The outcome of trying to give back.
public struct GiveBack: Sendable, Hashable {
    public var begun: [PaymentAttempt] = []
    /// The provider's last word, after as many tries as the policy has: a person has to look.
    public var exhausted: String?
}

extension Payment {
    /// Stands for an order that was cancelled before a payment was begun: none can be begun any more.
    public static func tombstone(id: String, orderId: String, provider: String, at time: Timestamp) -> Payment {
        var payment = Payment(
            id: id, orderId: orderId, money: Money(0, .southKoreanWon), provider: provider, requestedAt: time)
        payment.requestCancellation(at: time)
        return payment
    }

    public var isTombstone: Bool { status == .cancelled && attempts.isEmpty }

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

    /// Begins to give back what is there to be: all of a cancelled order, and strays in any case. To be called after every
    /// step. What the provider refuses is begun again a few times, with growing delays.
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

    /// An operator decided that what the provider refused is asked for again.
    mutating func giveBackAnew(at time: Timestamp) {
        giveBackSince = time
        giveBackAt = time
    }
}
