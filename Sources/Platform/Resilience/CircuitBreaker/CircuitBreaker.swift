public import Kernel
import Synchronization
public import Telemetry

public enum CircuitBreakerState: String, Sendable, Hashable, CaseIterable {
    case closed
    case halfOpen = "half-open"
    case open

    /// The value of the state's gauge: 0 closed, 1 half-open, 2 open.
    var number: Int {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}

/// Stops calls to a destination that keeps failing, and tries a few after a while.
public final class CircuitBreaker: Sendable {
    /// A call was turned away without being made.
    public struct Rejection: Error, Sendable, Hashable, CustomStringConvertible {
        public let retryAfter: Duration

        public var description: String {
            "the circuit breaker is open, since calls have failed; it lets one try in \(retryAfter.seconds) s"
        }
    }

    /// A look at it, for the dashboard.
    public struct Status: Sendable, Hashable {
        public let name: String
        public let state: CircuitBreakerState
        /// 0 to 1, over the window.
        public let failureRate: Double
    }

    public let name: String
    private let loop: any Loop
    private let machine: Mutex<CircuitBreakerMachine>
    private let metrics: CircuitBreakerMetrics
    private let logger: Logger

    /// `name` is the destination's; one breaker a destination.
    public init(
        name: String, settings: CircuitBreakerSettings = CircuitBreakerSettings(), loop: any Loop,
        metrics: MetricsRegistry, logger: Logger = .disabled
    ) {
        self.name = name
        self.loop = loop
        self.logger = logger
        self.metrics = CircuitBreakerMetrics(name: name, registry: metrics)
        machine = Mutex(CircuitBreakerMachine(settings: settings))
    }

    public var status: Status {
        machine.withLock { Status(name: name, state: $0.state, failureRate: $0.failureRate) }
    }

    /// Asks without calling: what a call would be told now. Does not count as a rejection.
    var rejection: Rejection? {
        let now = loop.uptime
        return machine.withLock { $0.rejection(at: now) }.map { Rejection(retryAfter: $0) }
    }

    /// Every permit must be given back with `finish`.
    func admit() throws(Rejection) -> CircuitBreakerMachine.Permit {
        switch change({ $0.admit(at: $1) }) {
        case .admitted(let permit): return permit
        case .rejected(let delay):
            countRejection()
            throw Rejection(retryAfter: delay)
        }
    }

    func finish(_ permit: CircuitBreakerMachine.Permit, _ result: CircuitBreakerMachine.Result) {
        change { $0.finish(permit, result, at: $1) }
    }

    func countRejection() { metrics.rejected.increment() }

    @discardableResult
    private func change<Result: Sendable>(
        _ body: (inout CircuitBreakerMachine, Duration) -> Result
    ) -> Result {
        let now = loop.uptime
        let (result, before, after) = machine.withLock { machine in
            let before = machine.state
            let result = body(&machine, now)
            // Within the lock, so that the gauge never shows an older state than the breaker has.
            if machine.state != before { metrics.state.set(machine.state.number) }
            return (result, before, machine.state)
        }
        if before != after {
            metrics.transitions.labelled(name, after.rawValue).increment()
            logger.warning(
                "circuit \(after.rawValue)",
                metadata: ["destination": .string(name), "before": .string(before.rawValue)])
        }
        return result
    }
}
