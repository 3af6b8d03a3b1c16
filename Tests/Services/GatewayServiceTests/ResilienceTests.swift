import Foundation
import HTTP
import Kernel
import ServiceTestSupport
import Synchronization
import Testing

@testable import GatewayService

@Suite struct ResilienceTests {
    /// Answers with these statuses, one after the other, then 200.
    private final class Script: Sendable {
        private let statuses: Mutex<[Int]>
        private let calls = Atomic(0)
        init(_ statuses: [Int]) { self.statuses = Mutex(statuses) }
        var count: Int { calls.load(ordering: .relaxed) }
        func answer(_ request: Request) -> Response {
            calls.add(1, ordering: .relaxed)
            return Response(status: statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() })
        }
    }

    private static let retry = """
        routes:
          - id: r
            uri: order
            predicates: ["Path=/**"]
            filters:
              - name: Retry
                args: {retries: 2, statuses: BAD_GATEWAY, methods: "GET,POST", backoff: {firstBackoff: 10ms, factor: 2}}
        """

    @Test(arguments: [
        (HTTPMethod.get, "", [503, 502], 200, 3), (.get, "", [500, 500, 500], 500, 3), (.get, "", [404], 404, 1),
        (.post, "", [503], 503, 1), (.post, "K-1", [503], 200, 2), (.put, "K-1", [503], 503, 1),
    ])
    func only_what_may_be_repeated_is_tried_again(
        method: HTTPMethod, key: String, statuses: [Int], status: Int, calls: Int
    ) async throws {
        try await ServiceUnderTest.gateway(Self.retry) { gateway, upstreams in
            let script = Script(statuses)
            upstreams.register("order", in: gateway) { script.answer($0) }
            let answer = try await gateway.send(
                method, "/orders", "{\"a\":1}", key.isEmpty ? [:] : ["Idempotency-Key": key])
            #expect(answer.status == status)
            #expect(script.count == calls)
            // The body goes along each time.
            #expect(upstreams.requests.allSatisfy { $0.body == Data("{\"a\":1}".utf8) })
        }
    }

    @Test func the_short_form_of_retry_is_springs() {
        let yaml = route(filters: ["Retry=3,INTERNAL_SERVER_ERROR,GET,10ms,50ms,2,false"])
        #expect(findings(yaml).problems == [])
        #expect(findings(yaml).warnings == [])
    }

    private static let breaker = """
        routes:
          - id: r
            uri: order
            predicates: ["Path=/orders/**"]
            filters:
              - name: CircuitBreaker
                args: {name: orders, fallbackUri: "forward:/away", statusCodes: [500], minimumCalls: 2, openDuration: 5s}
          - {id: away, uri: "no://op", predicates: ["Path=/away"], filters: ["SetStatus=203"]}
        """

    @Test func a_breaker_opens_falls_back_and_closes_again() async throws {
        try await ServiceUnderTest.gateway(Self.breaker) { gateway, upstreams in
            let script = Script([500, 500])
            upstreams.register("order", in: gateway) { script.answer($0) }
            for _ in 0..<4 { #expect(try await gateway.send(.get, "/orders").status == 203) }
            #expect(script.count == 2)
            try await gateway.loop.sleep(for: .seconds(6))
            for _ in 0..<3 { #expect(try await gateway.send(.get, "/orders").status == 200) }
            #expect(script.count == 5)
        }
    }

    @Test func no_fallback_stands_in_for_what_may_have_been_done() async throws {
        try await ServiceUnderTest.gateway("timeout: 1s\n" + Self.breaker) { gateway, _ in
            let loop = gateway.loop
            gateway.transport.register("order") { _ in
                try? await loop.sleep(for: .seconds(5))
                return .text("late")
            }
            let answer = try await gateway.send(.post, "/orders", "{}")
            #expect(answer.status == 504)
            #expect(Problem(answer)?.isOutcomeUnknown == true)
            // Known not to have arrived: that may be replaced.
            gateway.transport.unregister("order")
            #expect(try await gateway.send(.post, "/orders", "{}").status == 203)
        }
    }

    @Test func without_a_fallback_an_open_breaker_says_when_to_come_again() async throws {
        let yaml = Self.breaker.replacing("fallbackUri: \"forward:/away\", ", with: "")
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            let script = Script([500, 500])
            upstreams.register("order", in: gateway) { script.answer($0) }
            #expect(try await gateway.send(.get, "/orders").status == 500)
            #expect(try await gateway.send(.get, "/orders").status == 500)
            let answer = try await gateway.send(.get, "/orders")
            #expect(answer.status == 503)
            #expect((1...5).contains(Int(answer.headers["Retry-After"] ?? "") ?? 0))
            #expect(Problem(answer)?.dependency == "order")
            #expect(script.count == 2)
        }
    }

    private static let group = """
        upstreams:
          orders:
            targets: ["http://a", {url: "http://b", weight: 3}]
            failures: 2
            ejection: 10s
            health: {path: /readyz, interval: 1s}
        routes: [{id: r, uri: "lb://orders", predicates: ["Path=/**"]}]
        """

    @Test func requests_go_to_the_servers_of_a_group_by_weight_and_past_one_that_is_down() async throws {
        try await ServiceUnderTest.gateway(Self.group) { (gateway, upstreams) async throws in
            for name in ["a", "b"] { upstreams.register(name, in: gateway) }
            for _ in 0..<200 { #expect(try await gateway.send(.get, "/orders").status == 200) }
            let first = upstreams.requests.filter { $0.path == "/orders" && $0.headers["Host"] == "a" }.count
            #expect((20...90).contains(first), "\(first)")
            gateway.transport.unregister("b")
            // A request that certainly did not arrive is sent to the other one, whatever its method.
            for _ in 0..<20 { #expect(try await gateway.send(.post, "/orders", "{}").status == 200) }
        }
    }

    @Test func a_server_that_does_not_pass_its_check_gets_nothing_until_it_does() async throws {
        try await ServiceUnderTest.gateway(Self.group) { gateway, upstreams in
            let isReady = Atomic(false)
            upstreams.register("a", in: gateway)
            upstreams.register("b", in: gateway) { request in
                let passes = request.path != "/readyz" || isReady.load(ordering: .relaxed)
                return Response(status: passes ? 200 : 503)
            }
            func shares() async throws -> Int {
                let before = upstreams.requests.count
                for _ in 0..<30 { #expect(try await gateway.send(.get, "/orders").status == 200) }
                return upstreams.requests[before...].filter { $0.path == "/orders" && $0.headers["Host"] == "b" }.count
            }
            try await gateway.loop.sleep(for: .seconds(2))
            #expect(try await shares() == 0)
            isReady.store(true, ordering: .relaxed)
            try await gateway.loop.sleep(for: .seconds(2))
            #expect(try await shares() > 5)
        }
    }

    @Test func a_server_that_loses_calls_rests_for_a_while() {
        var health = UpstreamHealth(weights: [1, 1], failures: 2, ejection: .seconds(10))
        func chosen(at second: Int) -> Set<Int> {
            var generator = SplitMix64(seed: 3)
            return Set(
                (0..<50).compactMap { _ in
                    health.choose(except: [], at: .seconds(second)) { generator.next() }
                })
        }
        health.failed(0, at: .seconds(1))
        #expect(chosen(at: 1) == [0, 1])
        health.failed(0, at: .seconds(1))
        #expect(chosen(at: 2) == [1])
        #expect(chosen(at: 11) == [0, 1])
        health.failed(0, at: .seconds(12))
        health.failed(1, at: .seconds(12))
        health.failed(1, at: .seconds(12))
        // All rest: a request that may succeed is better than none.
        #expect(chosen(at: 13) == [0, 1])
        health.succeeded(1)
        #expect(chosen(at: 13) == [1])
        #expect(health.choose(except: [0, 1], at: .zero) { 0 } == nil)
    }

    @Test func a_reload_changes_the_routes_and_keeps_buckets() async throws {
        let limited = route(filters: []).replacing(
            "filters: []",
            with:
                "filters: [{name: RequestRateLimiter, args: {replenishRate: 1, burstCapacity: 2, key-resolver: route}}]"
        )
        try await ServiceUnderTest.gateway(limited) { gateway, upstreams in
            #expect(try await gateway.send(.get, "/a").status == 200)
            #expect(try await gateway.send(.get, "/a").status == 200)
            try await gateway.takeOver(limited.replacing("/**", with: "/a/**"))
            #expect(try await gateway.send(.get, "/a").status == 429)
            #expect(try await gateway.send(.get, "/b").status == 404)
            await #expect(throws: (any Error).self) {
                try await gateway.takeOver(limited.replacing("order", with: "ordr"))
            }
            #expect(try await gateway.send(.get, "/a").status == 429)
        }
    }
}
