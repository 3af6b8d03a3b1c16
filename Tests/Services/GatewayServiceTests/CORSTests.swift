import Foundation
import HTTP
import ServiceTestSupport
import Testing

@testable import GatewayService

@Suite struct CORSTests {
    private static func yaml(_ policy: String) -> String {
        route() + "globalcors:\n  corsConfigurations:\n    '[/**]': {\(policy)}\n"
    }

    private static let preflight: Headers = [
        "Origin": "https://shop.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, Idempotency-Key",
    ]

    @Test func a_preflight_is_answered_without_the_upstream() async throws {
        let yaml = Self.yaml(
            "allowedOrigins: [\"https://shop.example\"], allowedMethods: [GET, POST], "
                + "allowedHeaders: [Content-Type, Idempotency-Key], allowCredentials: true, maxAge: 60")
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            let answer = try await gateway.send(.options, "/orders", "", Self.preflight)
            #expect(answer.status == 204)
            #expect(answer.headers["Access-Control-Allow-Origin"] == "https://shop.example")
            #expect(answer.headers["Access-Control-Allow-Credentials"] == "true")
            #expect(answer.headers["Access-Control-Allow-Methods"] == "GET, POST")
            #expect(answer.headers["Access-Control-Allow-Headers"] == "content-type, Idempotency-Key")
            #expect(answer.headers["Access-Control-Max-Age"] == "60")
            #expect(answer.headers["Vary"] == CORSPolicy.vary)
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test(arguments: [
        ("https://evil.example", "POST", "content-type"), ("https://shop.example", "DELETE", "content-type"),
        ("https://shop.example", "POST", "x-other"),
    ])
    func a_preflight_that_asks_for_more_is_refused(origin: String, method: String, header: String) async throws {
        let yaml = Self.yaml(
            "allowedOrigins: [\"https://shop.example\"], allowedMethods: [GET, POST], allowedHeaders: [Content-Type]")
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            let answer = try await gateway.send(
                .options, "/orders", "",
                [
                    "Origin": origin, "Access-Control-Request-Method": method,
                    "Access-Control-Request-Headers": header,
                ])
            #expect(answer.status == 403)
            #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test func a_request_of_an_allowed_origin_is_passed_on_and_may_be_read() async throws {
        let yaml = Self.yaml(
            "allowedOriginPatterns: [\"https://*.example\"], allowedMethods: [\"*\"], exposedHeaders: [Location, ETag]")
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            upstreams.register("order", in: gateway) { _ in
                Response(status: 201, headers: ["Access-Control-Allow-Origin": "x", "Location": "/orders/1"])
            }
            let answer = try await gateway.send(.post, "/orders", "{}", ["Origin": "https://shop.example"])
            #expect(answer.status == 201)
            #expect(answer.headers.all("Access-Control-Allow-Origin") == ["https://shop.example"])
            #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
            #expect(answer.headers["Access-Control-Expose-Headers"] == "Location, ETag")
            // The service behind would refuse it by its own rule.
            #expect(upstreams.requests.first?.headers["Origin"] == nil)
            let refused = try await gateway.send(.post, "/orders", "{}", ["Origin": "https://evil.test"])
            #expect(refused.status == 403)
            #expect(upstreams.requests.count == 1)
        }
    }

    @Test func every_origin_together_with_credentials_is_said_and_answered_without() async throws {
        let yaml = Self.yaml(
            "allowedOrigins: [\"*\"], allowedMethods: [\"*\"], allowedHeaders: [\"*\"], allowCredentials: true")
        let warning = try #require(findings(yaml).warnings.first)
        #expect(warning.hasPrefix("g.yaml:8: globalcors.corsConfigurations.[/**].allowCredentials is not followed"))
        #expect(warning.contains("the Fetch standard forbids the origin * together with credentials"))
        try await ServiceUnderTest.gateway(yaml) { gateway, _ in
            for method in [HTTPMethod.options, .get] {
                let answer = try await gateway.send(method, "/orders", "", Self.preflight)
                #expect(answer.isSuccess)
                #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
                #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
            }
        }
    }

    @Test func the_same_origin_needs_no_permission() async throws {
        let yaml = Self.yaml("allowedOrigins: [\"https://shop.example\"]")
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            let answer = try await gateway.send(.post, "/orders", "{}", ["Origin": "http://gateway"])
            #expect(answer.status == 200)
            #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
        }
    }

    @Test func without_a_policy_a_page_of_another_origin_changes_nothing() async throws {
        try await ServiceUnderTest.gateway(route()) { gateway, upstreams in
            let answer = try await gateway.send(.post, "/orders", "{}", ["Origin": "https://shop.example"])
            #expect(answer.status == 403)
            #expect(upstreams.requests.isEmpty)
            let options = try await gateway.send(.options, "/orders", "", Self.preflight)
            #expect(options.headers["Access-Control-Allow-Origin"] == nil)
        }
    }
}
