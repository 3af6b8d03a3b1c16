import Foundation
import HTTP
import ServiceTestSupport
import Testing

@testable import GatewayService

@Suite struct FilterTests {
    @Test(arguments: [
        (["Path=/**"], ["StripPrefix=1"], "/api/orders/1?a=b", "/orders/1?a=b"),
        (["Path=/**"], ["StripPrefix=5"], "/api/orders", "/"),
        (["Path=/**"], ["PrefixPath=/v2"], "/orders", "/v2/orders"),
        (["Path=/api/{version}/**"], ["StripPrefix=2", "PrefixPath=/{version}"], "/api/v3/orders", "/v3/orders"),
        (["Path=/**"], ["RewritePath=/red/?(?<segment>.*), /$\\{segment}"], "/red/blue", "/blue"),
        (["Path=/red/{segment}"], ["SetPath=/{segment}"], "/red/a%2Fb", "/a%2Fb"),
        (["Path=/**"], [], "/a%2Fb//c/?x=%20&y", "/a%2Fb//c/?x=%20&y"),
    ])
    func a_path_is_changed(predicates: [String], filters: [String], path: String, result: String) async throws {
        try await ServiceUnderTest.gateway(route(predicates: predicates, filters: filters)) { gateway, upstreams in
            #expect(try await gateway.send(.get, path).status == 200)
            let request = try #require(upstreams.requests.first)
            #expect(request.rawQuery.isEmpty ? request.path == result : request.path + "?" + request.rawQuery == result)
        }
    }

    @Test func a_rewritten_path_leads_nowhere_upwards() async throws {
        let filters = ["RewritePath=/red(?<rest>.*), /$\\{rest}"]
        try await ServiceUnderTest.gateway(route(filters: filters)) { (gateway, upstreams) async throws in
            for path in ["/red../secret", "/red.%2e/secret", "/red.", "/red%2E%2E/x"] {
                #expect(try await gateway.send(.get, path).status == 400, "\(path)")
            }
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test func header_fields_are_added_and_removed() async throws {
        let yaml = """
            default-filters: ["AddResponseHeader=X-Shop, sambal"]
            routes:
              - id: r
                uri: order
                predicates: ["Path=/orders/{id}"]
                filters:
                  - AddRequestHeader=X-Order, no {id}
                  - RemoveRequestHeader=X-Secret
                  - name: RemoveResponseHeader
                    args: {name: X-Inner}
            """
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            upstreams.register("order", in: gateway) { _ in
                Response(status: 200, headers: ["X-Inner": "1", "X-Kept": "2"])
            }
            let answer = try await gateway.send(.get, "/orders/a%0d%0aX:%201", "", ["x-secret": "s"])
            #expect(answer.headers["X-Shop"] == "sambal")
            #expect(answer.headers["X-Inner"] == nil)
            #expect(answer.headers["X-Kept"] == "2")
            let request = try #require(upstreams.requests.first)
            #expect(request.headers["X-Order"] == "no a%0d%0aX:%201")
            #expect(request.headers["X-Secret"] == nil)
        }
    }

    @Test(arguments: [("418", 418), ("NOT_FOUND", 404), ("Unprocessable-Content", 0), ("UNPROCESSABLE_ENTITY", 422)])
    func a_status_is_set(text: String, status: Int) async throws {
        let yaml = route(filters: ["SetStatus=\(text)"])
        guard status != 0 else {
            #expect(findings(yaml).problems.count == 1)
            return
        }
        try await ServiceUnderTest.gateway(yaml) { (gateway, _) async throws in
            #expect(try await gateway.send(.get, "/").status == status)
        }
    }

    @Test func a_redirect_calls_nobody() async throws {
        let yaml = route(filters: ["RedirectTo=302, https://shop.example/new, true"], uri: "no://op")
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            let answer = try await gateway.send(.get, "/old?a=1")
            #expect(answer.status == 302)
            #expect(answer.headers["Location"] == "https://shop.example/new?a=1")
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test func a_body_that_is_too_large_for_the_route_is_refused() async throws {
        try await ServiceUnderTest.gateway(route(filters: ["RequestSize=1KB"])) { (gateway, upstreams) async throws in
            let large = String(repeating: "x", count: 1025)
            #expect(try await gateway.send(.post, "/", large).status == 413)
            #expect(try await gateway.send(.post, "/", String(large.dropLast())).status == 200)
            #expect(upstreams.requests.count == 1)
        }
    }

    @Test func the_host_is_kept_where_a_filter_says_so() async throws {
        try await ServiceUnderTest.gateway(route(filters: ["PreserveHostHeader"])) { gateway, upstreams in
            _ = try await gateway.send(.get, "/")
            #expect(upstreams.requests.first?.headers["Host"] == "gateway")
        }
    }

    @Test func forwards_in_a_circle_end() async throws {
        let yaml = """
            routes:
              - {id: a, uri: "forward:/b", predicates: ["Path=/a"]}
              - {id: b, uri: "forward:/a", predicates: ["Path=/b"]}
              - {id: c, uri: "forward:/orders", predicates: ["Path=/c"]}
              - {id: d, uri: order, predicates: ["Path=/orders"]}
            """
        try await ServiceUnderTest.gateway(yaml) { (gateway, upstreams) async throws in
            #expect(try await gateway.send(.get, "/a").status == 508)
            #expect(try await gateway.send(.get, "/c").status == 200)
            #expect(upstreams.requests.map(\.path) == ["/orders"])
        }
    }
}
