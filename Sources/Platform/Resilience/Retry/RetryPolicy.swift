public import HTTP

/// When a call is tried again. A pure value: it decides, `ResilientTransport` waits.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts after the first.
    public var maximumRetries: Int
    public var firstDelay: Duration
    /// Each delay is this many times the one before.
    public var multiplier: Double
    /// The longest delay; a `Retry-After` beyond it ends the trying.
    public var maximumDelay: Duration
    /// Whether each delay is a random part of its full length, so that callers do not come back all at once.
    public var hasFullJitter: Bool
    /// No attempt begins, and none lasts, beyond this time after the first began.
    public var deadline: Duration?

    public init(
        maximumRetries: Int = 3, firstDelay: Duration = .seconds(2), multiplier: Double = 2,
        maximumDelay: Duration = .seconds(30), hasFullJitter: Bool = false, deadline: Duration? = nil
    ) {
        precondition(maximumRetries >= 0 && firstDelay >= .zero && multiplier >= 1)
        self.maximumRetries = maximumRetries
        self.firstDelay = firstDelay
        self.multiplier = multiplier
        self.maximumDelay = maximumDelay
        self.hasFullJitter = hasFullJitter
        self.deadline = deadline
    }

    /// One attempt only.
    public static let never = RetryPolicy(maximumRetries: 0)

    /// How long to wait before the next attempt, or `nil` when this outcome is the call's.
    ///
    /// `attempt` counts from 1; `elapsed` is the time since the first attempt began; `random` is the loop's.
    public func nextDelay(
        afterAttempt attempt: Int, outcome: AttemptOutcome, elapsed: Duration = .zero, random: () -> UInt64 = { .max }
    ) -> Duration? {
        guard attempt <= maximumRetries, outcome.isTransient else { return nil }
        var delay = hasFullJitter ? backoff(attempt) * Self.part(random()) : backoff(attempt)
        if case .answered(_, let wanted?) = outcome {
            if wanted > maximumDelay { return nil }
            delay = max(wanted, .zero)
        }
        if let deadline, elapsed + delay >= deadline { return nil }
        return delay
    }

    /// Whether repeating the request can do no harm: its method is idempotent (RFC 9110 §9.2.2), or it carries a key by
    /// which the other side knows it again.
    public static func isSafeToRepeat(_ request: OutboundRequest) -> Bool {
        [.get, .head, .put, .delete, .options].contains(request.method) || request.headers["Idempotency-Key"] != nil
    }

    private func backoff(_ attempt: Int) -> Duration {
        var delay = firstDelay
        // Stops at the maximum, so that no number of attempts overflows.
        for _ in 1..<max(attempt, 1) where delay < maximumDelay { delay = delay * multiplier }
        return min(delay, maximumDelay)
    }

    /// 0 to 1, from the upper 53 bits, which a Double holds exactly.
    private static func part(_ random: UInt64) -> Double { Double(random >> 11) / Double(1 << 53) }
}
