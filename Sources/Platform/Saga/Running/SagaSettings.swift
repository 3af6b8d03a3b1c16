public import Configuration
import Kernel
import Resilience
import ServiceHost

/// What a section `saga` of the configuration says.
public struct SagaSettings: Sendable {
    public let callTimeout: Duration
    /// Sagas that are driven at once, each of one service.
    public let maximumConcurrent: Int
    /// How often sagas are looked for whose time has come, or whose process died.
    public let interval: Duration
    public let retry: SagaRetry
    let breaker: CircuitBreakerSettings

    public init(from section: Configuration) {
        callTimeout = section.duration("callTimeout", default: .seconds(10))
        maximumConcurrent = section.int("maximumConcurrent", in: 1...10_000, default: 256)
        interval = section.duration("interval", default: .seconds(1))
        retry = SagaRetry(
            timeout: section.duration("patience", default: SagaRetry.default.timeout),
            compensationTimeout: section.duration(
                "compensationPatience", default: SagaRetry.default.compensationTimeout))
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
    }
}
