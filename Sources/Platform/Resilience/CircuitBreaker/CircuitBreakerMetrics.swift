import Telemetry

struct CircuitBreakerMetrics: Sendable {
    let state: Gauge
    let transitions: MetricFamily<Counter>
    let rejected: Counter

    init(name: String, registry: MetricsRegistry) {
        state =
            registry.gauge(
                "sambal_circuit_breaker_state", help: "0 closed, 1 half-open, 2 open.", labels: ["destination"]
            ).labelled(name)
        transitions = registry.counter(
            "sambal_circuit_breaker_transitions_total", help: "Changes of state.", labels: ["destination", "to"])
        rejected =
            registry.counter(
                "sambal_circuit_breaker_rejected_total", help: "Calls not made because the circuit was open.",
                labels: ["destination"]
            ).labelled(name)
    }
}
