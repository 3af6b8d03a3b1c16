/// The circuit breaker's decisions, without clock or lock.
struct CircuitBreakerMachine: Sendable {
    enum Phase: Sendable, Hashable {
        case closed
        case open(until: Duration)
        case halfOpen(admitted: Int, succeeded: Int)
    }

    /// A token that an admitted call returns with its result.
    struct Permit: Sendable, Hashable {
        /// The state changes that had happened when the call was admitted; a result of an earlier generation is
        /// ignored.
        let generation: Int
    }

    enum Admission: Sendable, Hashable {
        case admitted(Permit)
        /// The time until the next probe; zero while all probes are under way.
        case rejected(retryAfter: Duration)
    }

    enum Result: Sendable, Hashable {
        case success, failure
        /// The connection could not be established. It counts as a failure, but cost no time.
        case unreachable
        /// The call was cancelled or never made.
        case withdrawn
    }

    let settings: CircuitBreakerSettings
    private(set) var phase = Phase.closed
    private var generation = 0
    private var window: SlidingWindow

    init(settings: CircuitBreakerSettings) {
        self.settings = settings
        window = SlidingWindow(size: settings.windowSize)
    }

    var state: CircuitBreakerState {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    /// Returns the time until the next probe if a call would be rejected at `now`, else `nil`. Changes nothing.
    func rejection(at now: Duration) -> Duration? {
        switch phase {
        case .closed: nil
        case .open(let until): now < until ? until - now : nil
        case .halfOpen(let admitted, _): admitted < settings.probes ? nil : .zero
        }
    }

    mutating func admit(at now: Duration) -> Admission {
        if let delay = rejection(at: now) { return .rejected(retryAfter: delay) }
        switch phase {
        case .closed: break
        case .open: enter(.halfOpen(admitted: 1, succeeded: 0))
        case .halfOpen(let admitted, let succeeded):
            phase = .halfOpen(admitted: admitted + 1, succeeded: succeeded)
        }
        return .admitted(Permit(generation: generation))
    }

    mutating func finish(_ permit: Permit, _ result: Result, at now: Duration) {
        guard permit.generation == generation else { return }
        switch (phase, result) {
        case (.closed, .withdrawn), (.open, _): break
        case (.closed, _):
            window.add(isFailure: result != .success)
            let isTelling = window.count >= settings.minimumCalls
            if isTelling && window.failureRate >= settings.failureRate { open(after: result, at: now) }
        case (.halfOpen, .failure), (.halfOpen, .unreachable): open(after: result, at: now)
        case (.halfOpen(let admitted, let succeeded), .withdrawn):
            phase = .halfOpen(admitted: admitted - 1, succeeded: succeeded)
        case (.halfOpen(let admitted, let succeeded), .success):
            if succeeded + 1 == settings.probes {
                window = SlidingWindow(size: settings.windowSize)
                enter(.closed)
            } else {
                phase = .halfOpen(admitted: admitted, succeeded: succeeded + 1)
            }
        }
    }

    var failureRate: Double { window.failureRate }

    /// Opens the circuit. If nothing listens at the destination, a probe follows soon, because a process that restarts
    /// is back within moments.
    private mutating func open(after result: Result, at now: Duration) {
        let isAway = result == .unreachable
        let duration = isAway ? min(settings.openDuration, settings.unreachableDuration) : settings.openDuration
        enter(.open(until: now + duration))
    }

    private mutating func enter(_ next: Phase) {
        phase = next
        generation += 1
    }
}
