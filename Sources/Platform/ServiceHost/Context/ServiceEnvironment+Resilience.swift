public import HTTP
public import Kernel
public import Resilience
import Telemetry

extension ServiceEnvironment {
    /// A service that this one declared to call, behind a circuit breaker and a bulkhead, with `retry` around them: only
    /// what is safe to repeat, within the call's own timeout. Pass `.never` where a job or a saga repeats the call, which
    /// counts it by `countRetry(of:)`. `label` is for metrics and logs, where there is more than one such way to the
    /// service.
    public func client(
        for name: String, label: String? = nil, breaker: CircuitBreakerSettings, retry: RetryPolicy = .betweenServices,
        maximumConcurrent: Int = 256
    ) throws -> ServiceClient {
        let client = try client(for: name)
        let transport = resilient(
            client.transport, name: label ?? name, breaker: breaker, retry: retry, maximumConcurrent: maximumConcurrent)
        return ServiceClient(name: name, baseURL: client.baseURL, transport: transport)
    }

    /// The way to somebody whom the shop does not run itself, behind a circuit breaker and a bulkhead; `name` is for
    /// metrics and logs, `retry` as for `client(for:)`.
    public func externalTransport(
        _ name: String, breaker: CircuitBreakerSettings, retry: RetryPolicy = .betweenServices,
        maximumConcurrent: Int = 256
    ) -> any Transport {
        resilient(
            plainExternalTransport, name: name, breaker: breaker, retry: retry, maximumConcurrent: maximumConcurrent)
    }

    /// Counts a call to `destination` that is made again by a job or a saga, and not by the transport, in
    /// `sambal_retries_total`.
    public func countRetry(of destination: String) { metrics.retries(of: destination).increment() }

    private func resilient(
        _ base: any Transport, name: String, breaker: CircuitBreakerSettings, retry: RetryPolicy,
        maximumConcurrent: Int
    ) -> ResilientTransport {
        ResilientTransport(
            base, name: name, loop: loop, retry: retry,
            breaker: CircuitBreaker(name: name, settings: breaker, loop: loop, metrics: metrics, logger: log),
            bulkhead: Bulkhead(
                name: name, maximumConcurrent: maximumConcurrent, maximumWaiting: maximumConcurrent * 4, loop: loop,
                metrics: metrics),
            metrics: metrics, logger: log)
    }
}
