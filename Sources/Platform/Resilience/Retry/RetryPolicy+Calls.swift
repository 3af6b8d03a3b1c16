public import HTTP
public import Kernel
public import Telemetry

/// Which calls may be repeated, and when.
extension RetryPolicy {
    /// How long to wait before the next attempt, or `nil` when this outcome is the call's.
    ///
    /// `attempt` counts from 1; `elapsed` is the time since the first attempt began. A `Retry-After` takes the place of the
    /// delay; one beyond the longest delay ends the trying.
    public func nextDelay(
        afterAttempt attempt: Int, outcome: AttemptOutcome, elapsed: Duration = .zero, random: (() -> UInt64)? = nil
    ) -> Duration? {
        guard attempt <= maximumRetries, outcome.isTransient else { return nil }
        guard case .answered(_, let wanted?) = outcome else {
            return nextDelay(after: attempt, elapsed: elapsed, random: random)
        }
        guard wanted <= maximumDelay else { return nil }
        let delay = max(wanted, .zero)
        if let patience, elapsed + delay >= patience { return nil }
        return delay
    }

    /// Whether repeating the request can do no harm: it changes nothing (RFC 9110 §9.2.1), or it carries a key by which the
    /// other side knows it again.
    public static func isSafeToRepeat(_ request: OutboundRequest) -> Bool {
        // A body in pieces is gone once it was sent.
        request.stream == nil && (request.method.isSafe || request.headers["Idempotency-Key"] != nil)
    }
}

extension MetricsRegistry {
    /// Calls to `destination` that were made again: by the transport itself, or by a job or saga that repeats them in the
    /// background, durably.
    public func retries(of destination: String) -> Counter {
        counter("sambal_retries_total", help: "Calls tried again.", labels: ["destination"]).labelled(destination)
    }
}
