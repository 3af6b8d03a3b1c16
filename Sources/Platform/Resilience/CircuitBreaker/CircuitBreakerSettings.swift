/// When a circuit opens, for how long, and what closes it again.
public struct CircuitBreakerSettings: Sendable, Hashable {
    /// How many of the latest calls are looked at.
    public var windowSize: Int
    /// The part of failures, 0 to 1, at which the circuit opens.
    public var failureRate: Double
    /// Fewer calls than this say nothing yet.
    public var minimumCalls: Int
    public var openDuration: Duration
    /// The same where the last call found nobody listening; at most `openDuration`.
    public var unreachableDuration = Duration.milliseconds(500)
    /// How many calls are let through after that; when all succeed the circuit closes, when one fails it opens again.
    public var probes: Int

    public init(
        windowSize: Int = 20, failureRate: Double = 0.5, minimumCalls: Int = 5, openDuration: Duration = .seconds(10),
        probes: Int = 2
    ) {
        precondition(windowSize >= minimumCalls && minimumCalls >= 1, "the window must hold the minimum of calls")
        precondition(failureRate > 0 && failureRate <= 1 && probes >= 1)
        self.windowSize = windowSize
        self.failureRate = failureRate
        self.minimumCalls = minimumCalls
        self.openDuration = openDuration
        self.probes = probes
    }
}
