public import Configuration
public import Resilience

extension CircuitBreakerSettings {
    /// A section `breaker` of a service that calls others.
    public init(from section: Configuration) {
        let minimumCalls = section.int("minimumCalls", in: 1...1000, default: 5)
        self.init(
            windowSize: section.int("windowSize", in: minimumCalls...10_000, default: max(20, minimumCalls)),
            failureRate: section.number("failureRate", in: 0.01...1, default: 0.5), minimumCalls: minimumCalls,
            openDuration: section.duration("openDuration", default: .seconds(5)),
            probes: section.int("probes", in: 1...100, default: 2))
    }
}
