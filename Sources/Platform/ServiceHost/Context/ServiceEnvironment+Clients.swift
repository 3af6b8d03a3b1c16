public import HTTP
public import Kernel
public import Resilience
import Telemetry

extension ServiceEnvironment {
    /// Returns a client of a service that this one declares to call, behind a circuit breaker and a bulkhead. `retry`
    /// repeats only requests that are safe to repeat, within the timeout of the call. Pass `.never` if a job or a saga
    /// repeats the call; it then counts its retries by `countRetry(of:)`. `label` names the client in metrics and logs
    /// if there are several of one service.
    public func client(
        for name: String, label: String? = nil, breaker: CircuitBreakerSettings, retry: RetryPolicy = .betweenServices,
        maximumConcurrent: Int = 256
    ) throws -> ServiceClient {
        let client = try client(for: name)
        let transport = resilient(
            client.transport, name: label ?? name, breaker: breaker, retry: retry, maximumConcurrent: maximumConcurrent)
        return ServiceClient(name: name, baseURL: client.baseURL, transport: transport)
    }

    /// Returns a transport to a system outside of the shop, behind a circuit breaker and a bulkhead. `name` is its name
    /// in metrics and logs; `retry` is that of `client(for:)`.
    public func externalTransport(
        _ name: String, breaker: CircuitBreakerSettings, retry: RetryPolicy = .betweenServices,
        maximumConcurrent: Int = 256
    ) -> any Transport {
        resilient(
            plainExternalTransport, name: name, breaker: breaker, retry: retry, maximumConcurrent: maximumConcurrent)
    }

    /// Returns a client and the path and query for a URL outside of the shop, for callbacks whose receiver is
    /// configured; `nil` if it is no absolute URL.
    public func externalEndpoint(_ url: String) -> (client: ServiceClient, path: String)? {
        guard let scheme = url.firstRange(of: "://"), !url[..<scheme.lowerBound].isEmpty else { return nil }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty else { return nil }
        let target = url[authority.endIndex...]
        var client = ServiceClient(
            name: String(authority), baseURL: String(url[..<authority.endIndex]), transport: plainExternalTransport)
        client.tellsCaller = false
        return (client, target.hasPrefix("/") ? String(target) : "/" + target)
    }

    /// Counts a retry of a call to `destination` in `sambal_retries_total`. For jobs and sagas; transports count
    /// theirs.
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
