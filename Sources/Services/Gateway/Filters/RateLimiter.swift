import HTTP
import Kernel
import Synchronization
import Tokens

/// The token buckets of one filter of a route.
final class RateLimiter: Sendable {
    let rule: RateLimitRule
    /// Other rates, of callers whose API key names them.
    private let classes: [String: RateClass]
    /// How the answers call it: the route.
    private let name: String
    private let loop: any Loop
    private let buckets: Mutex<TokenBuckets>

    init(_ rule: RateLimitRule, classes: [String: RateClass] = [:], name: String, loop: any Loop) {
        self.rule = rule
        // A request must be able to pass at all.
        self.classes = classes.mapValues { RateClass(rate: $0.rate, burst: max($0.burst, rule.cost)) }
        self.name = name.filter { $0.isASCII && $0 != "\"" && $0 != "\\" && !$0.isNewline }
        self.loop = loop
        buckets = Mutex(TokenBuckets(rule))
    }

    /// The fields that tell the caller what is left, as draft-ietf-httpapi-ratelimit-headers has them. Throws a 429
    /// `Problem` with `Retry-After` where the bucket is empty.
    func admit(
        _ request: Request, _ client: Caller, identity: VerifiedCaller?
    ) throws(Problem) -> Headers {
        let key = try key(of: request, client, identity)
        let now = loop.uptime
        let rates =
            rule.key == .caller ? identity?.rateClass.flatMap { classes[$0] } ?? rule.rates : rule.rates
        let verdict = buckets.withLock { $0.take(key, at: now, rates) }
        let window = max(1, Int((Double(rates.burst) / Double(rates.rate)).rounded(.up)))
        let fields: Headers = [
            "RateLimit-Policy": "\"\(name)\";q=\(rates.burst / rule.cost);w=\(window)",
            "RateLimit": "\"\(name)\";r=\(verdict.remaining / rule.cost);t=\(Self.seconds(verdict.untilFull))",
        ]
        guard verdict.isAllowed else {
            var problem = Problem(
                status: 429,
                detail:
                    "Too many requests: at most \(rates.burst / rule.cost) at once and \(rates.rate) tokens a second, of "
                    + "which each takes \(rule.cost)",
                retryAfter: verdict.retryAfter)
            problem.headers = fields
            throw problem
        }
        return fields
    }

    private func key(of request: Request, _ client: Caller, _ identity: VerifiedCaller?) throws(Problem) -> [UInt8] {
        switch rule.key {
        case .route: return []
        case .client: return Self.key(of: client)
        case .caller:
            // A preflight request has no caller.
            guard let identity else { return Self.key(of: client) }
            // Keys of one caller with different rates have different buckets.
            return [2] + Array(identity.issuer.utf8) + [0] + Array(identity.subject.utf8)
                + (identity.rateClass.map { [0] + Array($0.utf8) } ?? [])
        case .header(let name):
            if let value = request.headers[name], !value.isEmpty { return [0] + Array(value.utf8.prefix(256)) }
            guard !rule.deniesEmptyKey else {
                throw Problem(status: 403, detail: "The header field \(name) is required here")
            }
            return Self.key(of: client)
        }
    }

    private static func key(of caller: Caller) -> [UInt8] {
        [1] + (caller.address.flatMap { NetworkAddress($0) }?.clientKey ?? [])
    }

    private static func seconds(_ duration: Duration) -> Int { Int((duration / .seconds(1)).rounded(.up)) }
}

/// Token buckets, one for each key, without clock or lock: a bucket fills at a rate up to its burst, and each request
/// takes some of it.
///
/// The number of keys is bounded. Buckets lie in two generations; when the younger one is full it becomes the older
/// one, and the one before is dropped: keys that ask stay, and those that have not for long are forgotten, as if their
/// bucket were full.
struct TokenBuckets: Sendable {
    /// The answer to a request.
    struct Verdict: Sendable, Hashable {
        let isAllowed: Bool
        /// Whole tokens that are left.
        let remaining: Int
        /// Until the bucket is full.
        let untilFull: Duration
        /// Until there are enough tokens again; zero of a request that is allowed.
        let retryAfter: Duration
    }

    private struct Bucket {
        var tokens: Double
        var time: Duration
    }

    let rule: RateLimitRule
    private let keysInGeneration: Int
    private var young: [[UInt8]: Bucket] = [:]
    private var old: [[UInt8]: Bucket] = [:]

    init(_ rule: RateLimitRule, keysInGeneration: Int = 10_000) {
        self.rule = rule
        self.keysInGeneration = keysInGeneration
    }

    var count: Int { young.count + old.count }

    /// `rates` hold for this key in place of the rule's.
    mutating func take(_ key: [UInt8], at now: Duration, _ rates: RateClass? = nil) -> Verdict {
        let (rate, burst) = (Double(rates?.rate ?? rule.rate), Double(rates?.burst ?? rule.burst))
        let cost = Double(rule.cost)
        var bucket = young[key] ?? old.removeValue(forKey: key) ?? Bucket(tokens: burst, time: now)
        bucket.tokens = min(burst, bucket.tokens + max(0, (now - bucket.time) / .seconds(1)) * rate)
        bucket.time = now
        let isAllowed = bucket.tokens >= cost
        if isAllowed { bucket.tokens -= cost }
        if young[key] == nil, young.count >= keysInGeneration {
            old = young
            young = [:]
        }
        young[key] = bucket
        return Verdict(
            isAllowed: isAllowed, remaining: Int(bucket.tokens),
            untilFull: .seconds((burst - bucket.tokens) / rate),
            retryAfter: isAllowed ? .zero : .seconds((cost - bucket.tokens) / rate))
    }
}
