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
    /// Takes requests of callers with a valid access token or API key only.
    case requireToken
    /// Takes requests of callers who have one of the roles.
    case requireRole([String])
    /// Lets the upstream have the caller's token, which is otherwise removed where a route asks for one.
    case relayToken
    case rateLimit(RateLimitRule)
    case breaker(BreakerRule)
    case retry(RetryRule)

    /// Whether it tells who the caller is, or refuses the request.
    var identifies: Bool {
        switch self {
        case .requireToken, .requireRole: true
        default: false
        }
    }

    /// Bytes of the largest body that it lets pass; 0 of a filter that does not look at it.
    var largestBody: Int {
        if case .requestSize(let maximum) = self { maximum } else { 0 }
    }

    /// Whether it needs a filter before it that tells who the caller is.
    var needsCaller: Bool {
        switch self {
        case .rateLimit(let rule): rule.key == .caller
        default: false
        }
    }
}

extension RouteFilter {
    /// The path that it makes of another one; `nil` of a filter that changes no path. `variables` are the values of the
    /// route's patterns.
    func rewritten(_ path: String, _ variables: [String: String]) -> String? {
        switch self {
        case .stripPrefix(let count):
            let parts = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            return "/" + parts.dropFirst(count).map { String(Substring($0)) }.joined(separator: "/")
        case .prefixPath(let prefix): return prefix.expand(variables) + path
        case .rewritePath(let expression, let replacement):
            let result = expression.replace(in: path, with: replacement)
            return result.utf8.first == UInt8(ascii: "/") ? result : "/" + result
        case .setPath(let template): return template.expand(variables)
        default: return nil
        }
    }
}

/// How often a route may be asked: a token bucket for each key.
struct RateLimitRule: Sendable, Hashable {
    /// Whose bucket a request takes from.
    enum Key: Sendable, Hashable {
        case client
        /// The caller, as the access token or the API key says.
        case caller
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

    var rates: RateClass { RateClass(rate: rate, burst: burst) }
}

/// Rates that hold for some callers in place of a route's.
struct RateClass: Sendable, Hashable {
    let rate: Int
    let burst: Int
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
