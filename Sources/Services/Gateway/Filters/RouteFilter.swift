import Kernel
import Resilience

/// A step of a route's around the call of its upstream
/// (Spring Cloud Gateway reference, "GatewayFilter Factories").
enum RouteFilter: Sendable {
    /// Takes away so many parts of the path.
    case stripPrefix(Int)
    case prefixPath(TextTemplate)
    case rewritePath(RegularExpression, Replacement)
    case setPath(TextTemplate)
    case addRequestHeader(String, TextTemplate)
    case removeRequestHeader(String)
    case addResponseHeader(String, TextTemplate)
    case removeResponseHeader(String)
    case setStatus(Int)
    case redirect(Int, String, includesQuery: Bool)
    /// 413 beyond so many bytes of a body.
    case requestSize(Int)
    /// Sends the `Host` of the request, not the upstream's.
    case preserveHost
    case rateLimit(RateLimitRule)
    case breaker(BreakerRule)
    case retry(RetryRule)
}

/// How often a route may be asked: a token bucket for each key.
struct RateLimitRule: Sendable, Hashable {
    /// Whose bucket a request takes from.
    enum Key: Sendable, Hashable {
        case client
        case route
        case header(String)
    }
    /// Tokens a second.
    let rate: Int
    /// Tokens that a full bucket holds.
    let burst: Int
    /// Tokens that one request takes.
    let cost: Int
    let key: Key
    /// Whether a request without the key's header is refused; otherwise it is counted by its client.
    let deniesEmptyKey: Bool
}

/// A circuit breaker around the rest of a route.
struct BreakerRule: Sendable, Hashable {
    let name: String
    let settings: CircuitBreakerSettings
    /// Statuses of the upstream that count as failures; errors of the way to it always do.
    let statuses: Set<Int>
    /// A path of the gateway's own that answers in the upstream's place.
    let fallback: String?
}

/// When the rest of a route is done again.
struct RetryRule: Sendable, Hashable {
    let retries: Int
    let statuses: Set<Int>
    /// The first digits of statuses.
    let series: Set<Int>
    let methods: Set<String>
    /// No waiting if it is `nil`.
    let backoff: RetryPolicy?

    func covers(_ status: Int) -> Bool { statuses.contains(status) || series.contains(status / 100) }
}
