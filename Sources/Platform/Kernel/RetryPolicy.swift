/// When something that failed is tried again, and when it is given up: the one policy of calls, jobs, sagas, relays,
/// consumers and connections.
///
/// A pure value: it decides, and its user waits. Time and randomness are handed in, so that a simulated run replays.
public struct RetryPolicy: Sendable, Hashable {
    /// Randomness in a delay, so that callers that failed together do not come back together.
    public enum Jitter: Sendable, Hashable {
        case none
        /// From nothing up to the full delay.
        case full
        /// The full delay, give or take this part of it: 0.25 gives 75 % to 125 %.
        case around(Double)
    }

    /// Attempts after the first.
    public var maximumRetries: Int
    public var firstDelay: Duration
    /// Each delay is this many times the one before.
    public var multiplier: Double
    /// The longest delay, before jitter.
    public var maximumDelay: Duration
    public var jitter: Jitter
    /// No attempt begins, and no call lasts, beyond this time after the first attempt began; `nil` for no such limit.
    public var patience: Duration?

    /// The defaults are those of calls between services and to providers: `betweenServices`.
    public init(
        maximumRetries: Int = 3, firstDelay: Duration = .seconds(2), multiplier: Double = 2,
        maximumDelay: Duration = .seconds(30), jitter: Jitter = .none, patience: Duration? = nil
    ) {
        precondition(maximumRetries >= 0 && firstDelay >= .zero && multiplier >= 1)
        self.maximumRetries = maximumRetries
        self.firstDelay = firstDelay
        self.multiplier = multiplier
        self.maximumDelay = maximumDelay
        self.jitter = jitter
        self.patience = patience
    }

    /// Three retries, after 2 s, 4 s and 8 s: the default for calls between services and to providers.
    public static let betweenServices = RetryPolicy()

    /// One attempt only.
    public static let never = RetryPolicy(maximumRetries: 0)

    /// Doubling delays without an end to the trying, for work that must be done some day.
    public static func exponential(from firstDelay: Duration, cap: Duration) -> RetryPolicy {
        RetryPolicy(maximumRetries: .max, firstDelay: firstDelay, maximumDelay: cap)
    }

    /// The delay after so many failures in a row, counted from 1, however many retries are allowed. Without `random` there
    /// is no jitter.
    public func delay(after failures: Int, random: (() -> UInt64)? = nil) -> Duration {
        var (delay, number) = (firstDelay, 1)
        // Ends at the maximum, so that no number of failures overflows; a delay that does not grow never gets there.
        while number < failures, delay < maximumDelay, multiplier > 1, delay > .zero {
            delay = delay * multiplier
            number += 1
        }
        delay = min(delay, maximumDelay)
        guard let random else { return delay }
        switch jitter {
        case .none: return delay
        case .full: return delay * Self.part(random())
        case .around(let share): return delay * (1 - share + 2 * share * Self.part(random()))
        }
    }

    /// The delay before the next attempt, or `nil` if it is given up. `elapsed` is the time since the first attempt began.
    public func nextDelay(
        after failures: Int, elapsed: Duration = .zero, random: (() -> UInt64)? = nil
    ) -> Duration? {
        guard failures <= maximumRetries else { return nil }
        let delay = delay(after: failures, random: random)
        if let patience, elapsed + delay >= patience { return nil }
        return delay
    }

    /// 0 to 1, from the upper 53 bits, which a Double holds exactly.
    private static func part(_ random: UInt64) -> Double { Double(random >> 11) / Double(1 << 53) }
}
