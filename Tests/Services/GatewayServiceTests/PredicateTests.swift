import Foundation
import HTTP
import ServiceTestSupport
import Testing

@testable import GatewayService

@Suite struct PredicateTests {
    @Test(arguments: [
        ("Method=GET,POST", true), ("Method=POST", false), ("Host=gateway", true), ("Host=**.example.com", false),
        ("Header=X-Kind", true), ("Header=X-Kind, a\\d", true), ("Header=X-Kind, a", false), ("Header=X-Other", false),
        ("Query=a", true), ("Query=a, b.", true), ("Query=a, b", false), ("Query=c", false), ("Query=sp ace", true),
        ("Path= /orders/** ", true), ("Path=/x,/orders/{id}", true), ("Path=/x", false),
    ])
    func a_predicate_chooses(predicate: String, isTaken: Bool) async throws {
        try await ServiceUnderTest.gateway(route(predicates: [predicate])) { gateway, upstreams in
            let answer = try await gateway.send(.get, "/orders/1?a=b1&sp+ace=", "", ["X-Kind": "a1"])
            #expect(answer.status == (isTaken ? 200 : 404))
            #expect(upstreams.requests.count == (isTaken ? 1 : 0))
        }
    }

    @Test func the_first_route_whose_predicates_all_hold_takes_the_request() async throws {
        let yaml = """
            routes:
              - {id: late, order: 1, uri: "http://late", predicates: ["Path=/**"]}
              - {id: post, uri: "http://post", predicates: ["Path=/**", "Method=POST"]}
              - {id: first, uri: "http://first", predicates: [{name: Path, args: {patterns: ["/a/**", /b]}}]}
            """
        try await ServiceUnderTest.gateway(yaml) { (gateway, upstreams) async throws in
            for name in ["late", "post", "first"] {
                upstreams.register(name, in: gateway) { _ in .text(name) }
            }
            func answer(_ method: HTTPMethod, _ path: String) async throws -> String {
                String(decoding: try await gateway.send(method, path).body, as: UTF8.self)
            }
            #expect(try await answer(.get, "/a/1") == "first")
            #expect(try await answer(.post, "/a/1") == "post")
            #expect(try await answer(.get, "/b") == "first")
            #expect(try await answer(.get, "/c") == "late")
        }
    }

    @Test func weights_divide_the_requests_of_a_group() async throws {
        let yaml = """
            routes:
              - {id: old, uri: "http://old", predicates: ["Path=/**", "Weight=canary, 9"]}
              - {id: new, uri: "http://new", predicates: ["Path=/**", "Weight=canary, 1"]}
              - {id: off, uri: "http://off", predicates: ["Path=/**", "Weight=canary, 0"]}
            """
        try await ServiceUnderTest.gateway(yaml) { (gateway, upstreams) async throws in
            for name in ["old", "new", "off"] { upstreams.register(name, in: gateway) }
            for _ in 0..<500 { #expect(try await gateway.send(.get, "/").status == 200) }
            let counts = Dictionary(grouping: upstreams.requests) { $0.headers["Host"] ?? "" }.mapValues(\.count)
            #expect(counts["off"] == nil)
            #expect((20...90).contains(counts["new"] ?? 0), "\(counts)")
            #expect((counts["old"] ?? 0) + (counts["new"] ?? 0) == 500)
        }
    }

    @Test func the_short_form_and_the_default_routes_stay() async throws {
        try await ServiceUnderTest.gateway("routes: [{path: /shop/**, service: order}]") {
            (gateway, upstreams) async throws in
            #expect(try await gateway.send(.get, "/shop/1").status == 200)
            #expect(try await gateway.send(.get, "/orders").status == 404)
        }
        try await ServiceUnderTest.gateway("") { (gateway, upstreams) async throws in
            #expect(try await gateway.send(.post, "/orders", "{}").status == 200)
            #expect(try await gateway.send(.post, "/api/payments", "{}").status == 404)
            #expect(try await gateway.send(.get, "/livez").status == 200)
        }
    }

    @Test func probes_are_the_gateways_own_whatever_the_routes_say() async throws {
        try await ServiceUnderTest.gateway(route()) { gateway, upstreams in
            for path in ["/livez", "/readyz", "/startupz", "/metrics"] {
                #expect(try await gateway.send(.get, path).status == 200)
            }
            #expect(upstreams.requests.isEmpty)
            #expect(try await gateway.send(.get, "/").status == 200)
            #expect(upstreams.requests.count == 1)
            let metrics = String(decoding: try await gateway.send(.get, "/metrics").body, as: UTF8.self)
            #expect(metrics.contains(#"sambal_gateway_answers_total{route="r",status="200"} 1"#))
        }
    }
}
