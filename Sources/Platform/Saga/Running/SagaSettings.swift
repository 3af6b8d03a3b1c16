public import Configuration
import Kernel
import Resilience
import ServiceHost

/// The settings of a section `saga` of the configuration.
public struct SagaSettings: Sendable {
    public let callTimeout: Duration
    /// How many sagas of one kind are driven at once.
    public let maximumConcurrent: Int
    /// How often the service looks for sagas that are due or whose process died.
    public let interval: Duration
    public let retry: SagaRetry
    let breaker: CircuitBreakerSettings

    public init(from section: Configuration) {
        callTimeout = section.duration(
            "callTimeout", default: .seconds(10), help: "The timeout of one call of a saga step to another service.")
        maximumConcurrent = section.int(
            "maximumConcurrent", in: 1...10_000, default: 256, help: "How many sagas of one kind are driven at once.")
        interval = section.duration(
            "interval", default: .seconds(1),
            help: "How often the service looks for sagas that are due or whose process died.")
        retry = SagaRetry(
            timeout: section.duration(
                "patience", default: SagaRetry.default.timeout,
                help: "How long a step is retried before the saga compensates."),
            compensationTimeout: section.duration(
                "compensationPatience", default: SagaRetry.default.compensationTimeout,
                help: "How long a compensation is retried before the saga is parked for an operator."))
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
    }
}
