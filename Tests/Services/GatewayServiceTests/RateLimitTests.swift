import Foundation
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import GatewayService

@Suite struct RateLimitTests {
    private static func rule(rate: Int = 10, burst: Int = 20, cost: Int = 1) -> RateLimitRule {
        RateLimitRule(rate: rate, burst: burst, cost: cost, key: .client, deniesEmptyKey: true)
    }

    @Test func a_bucket_is_emptied_and_fills_again() {
        var buckets = TokenBuckets(Self.rule())
        for left in (0..<20).reversed() {
            let verdict = buckets.take([1], at: .seconds(5))
            #expect(verdict.isAllowed)
            #expect(verdict.remaining == left)
        }
        let refused = buckets.take([1], at: .seconds(5))
        #expect(!refused.isAllowed)
        #expect((.milliseconds(99)...(.milliseconds(101))).contains(refused.retryAfter))
        #expect(refused.untilFull == .seconds(2))
        #expect(buckets.take([2], at: .seconds(5)).isAllowed)
        #expect(buckets.take([1], at: .milliseconds(5100)).isAllowed)
        #expect(!buckets.take([1], at: .milliseconds(5100)).isAllowed)
        #expect(buckets.take([1], at: .seconds(3600)).remaining == 19)
    }

    @Test func as_many_pass_as_the_rate_and_the_burst_say() {
        var buckets = TokenBuckets(Self.rule(rate: 7, burst: 30, cost: 3))
        let passed = (0..<10_000).filter { buckets.take([1], at: .milliseconds($0)).isAllowed }.count
        // 30 at once, then 7 a second for ten seconds, three each.
        #expect(passed == (30 + 70) / 3)
    }

    @Test func keys_are_bounded_and_those_that_ask_stay() {
        var buckets = TokenBuckets(Self.rule(rate: 1, burst: 2), keysInGeneration: 100)
        var refusals = 0
        for number in 0..<10_000 {
            _ = buckets.take(Array("\(number)".utf8), at: .zero)
            if !buckets.take([0], at: .zero).isAllowed { refusals += 1 }
            #expect(buckets.count <= 200)
        }
        #expect(refusals == 9_998)
    }

    @Test func a_client_of_ipv6_is_its_network() {
        #expect(NetworkAddress("2001:db8::1")?.clientKey == NetworkAddress("2001:db8::ffff")?.clientKey)
        #expect(NetworkAddress("2001:db8:0:1::1")?.clientKey != NetworkAddress("2001:db8::1")?.clientKey)
        #expect(NetworkAddress("::ffff:10.0.0.1") == NetworkAddress("10.0.0.1"))
    }

    private static let yaml = """
        routes:
          - id: orders
            uri: order
            predicates: ["Path=/**"]
            filters:
              - name: RequestRateLimiter
                args:
                  redis-rate-limiter.replenishRate: 1
                  redis-rate-limiter.burstCapacity: 3
                  key-resolver: "header:X-API-Key"
        """

    @Test func a_request_too_many_is_told_when_to_come_again() async throws {
        try await ServiceUnderTest.gateway(Self.yaml) { gateway, upstreams in
            for left in [2, 1, 0] {
                let answer = try await gateway.send(.get, "/orders", "", ["X-API-Key": "a"])
                #expect(answer.status == 200)
                #expect(answer.headers["RateLimit"]?.hasPrefix("\"orders\";r=\(left);t=") == true)
                #expect(answer.headers["RateLimit-Policy"] == "\"orders\";q=3;w=3")
            }
            let refused = try await gateway.send(.get, "/orders", "", ["X-API-Key": "a"])
            #expect(refused.status == 429)
            #expect(refused.headers["Retry-After"] == "1")
            #expect(refused.headers["RateLimit"] == "\"orders\";r=0;t=3")
            #expect(try await gateway.send(.get, "/orders", "", ["X-API-Key": "b"]).status == 200)
            #expect(try await gateway.send(.get, "/orders").status == 403)
            #expect(upstreams.requests.count == 4)
            try await gateway.loop.sleep(for: .seconds(1))
            #expect(try await gateway.send(.get, "/orders", "", ["X-API-Key": "a"]).status == 200)
        }
    }
}
