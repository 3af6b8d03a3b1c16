/// Token buckets, one for each key, without clock or lock: a bucket fills at a rate up to its burst, and each request takes
/// some of it.
///
/// The number of keys is bounded. Buckets lie in two generations; when the younger one is full it becomes the older one, and
/// the one before is dropped: keys that ask stay, and those that have not for long are forgotten, as if their bucket were
/// full.
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

    mutating func take(_ key: [UInt8], at now: Duration) -> Verdict {
        let (rate, burst, cost) = (Double(rule.rate), Double(rule.burst), Double(rule.cost))
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
