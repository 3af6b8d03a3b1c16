/// The conditions under which a circuit opens and closes, and how long it stays open.
public struct CircuitBreakerSettings: Sendable, Hashable {
    /// The number of the latest calls that are judged.
    public var windowSize: Int
    /// The share of failures, from 0 to 1, at which the circuit opens.
    public var failureRate: Double
    /// The number of calls below which the circuit does not open.
    public var minimumCalls: Int
    public var openDuration: Duration
    /// How long the circuit stays open if the last call could not connect; at most `openDuration`.
    public var unreachableDuration = Duration.milliseconds(500)
    /// The number of calls that are let through after that. If all succeed, the circuit closes; if one fails, it opens
    /// again.
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
