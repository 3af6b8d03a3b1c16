public import Configuration
public import Resilience

extension CircuitBreakerSettings {
    /// A section `breaker` of a service that calls others.
    public init(from section: Configuration) {
        let minimumCalls = section.int(
            "minimumCalls", in: 1...1000, default: 5,
            help: "How many calls the circuit breaker needs before it judges them.")
        self.init(
            windowSize: section.int(
                "windowSize", in: minimumCalls...10_000, default: max(20, minimumCalls),
                help: .init(
                    "How many of the latest calls the circuit breaker looks at.",
                    default: "20, or `minimumCalls` if that is more")),
            failureRate: section.number(
                "failureRate", in: 0.01...1, default: 0.5, help: "The share of failed calls at which the circuit opens."
            ), minimumCalls: minimumCalls,
            openDuration: section.duration(
                "openDuration", default: .seconds(5),
                help: "How long an open circuit refuses calls before it lets probes through."),
            probes: section.int(
                "probes", in: 1...100, default: 2,
                help:
                    "How many calls are let through as probes. If all succeed, the circuit closes; if one fails, it opens again."
            ))
    }
}
