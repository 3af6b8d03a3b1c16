public import Resilience

extension ServiceContext {
    /// A service that this one declared to call, behind a circuit breaker and a bulkhead, with `retry` around them.
    public func peer(
        _ name: String, breaker: CircuitBreakerSettings, retry: RetryPolicy = .never, maximumConcurrent: Int = 256
    ) throws -> Peer {
        let peer = try peer(name)
        let transport = ResilientTransport(
            peer.transport, name: name, loop: loop, retry: retry,
            breaker: CircuitBreaker(name: name, settings: breaker, loop: loop, metrics: metrics, logger: log),
            bulkhead: Bulkhead(
                name: name, maximumConcurrent: maximumConcurrent, maximumWaiting: maximumConcurrent * 4, loop: loop,
                metrics: metrics),
            metrics: metrics, logger: log)
        return Peer(name: name, baseURL: peer.baseURL, transport: transport)
    }
}
