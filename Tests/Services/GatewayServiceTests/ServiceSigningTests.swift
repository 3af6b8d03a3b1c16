import HTTP
import Kernel
import PlatformTestSupport
import ServiceHost
import ServiceTestSupport
import Testing
import TokenTestSupport
import Tokens

@testable import GatewayService

/// The tokens by which services know that a request came by the gateway.
@Suite struct ServiceSigningTests {
    private static let secret = "a secret of at least thirty-two bytes"
    private static let yaml = """
        headerNames: any
        access: {issuers: [{issuer: till, audience: shop, secret: \(secret)}]}
        upstreams:
          orders: {service: order, targets: ["http://order-a:8080"]}
          payment: {targets: ["http://payment-a:8080"]}
          others: {targets: ["http://elsewhere:8080"]}
        routes:
          - {id: closed, uri: order, predicates: ["Path=/closed"], filters: [RequireToken]}
          - {id: named, uri: "lb://orders", predicates: ["Path=/named"]}
          - {id: payments, uri: "lb://payment", predicates: ["Path=/payments"]}
          - {id: url, uri: "http://delivery:8086", predicates: ["Path=/url"]}
          - {id: outside, uri: "lb://others", predicates: ["Path=/outside"], filters: [RequireToken]}
          - {id: far, uri: "http://far.example", predicates: ["Path=/far"]}
          - {id: open, uri: order, predicates: ["Path=/**"]}
        """

    private func run(_ body: @escaping @Sendable (ServiceUnderTest, Upstreams) async throws -> Void) async throws {
        let keys: ServiceKeys = try #require(ServiceKeys(Self.secret))
        let trust = ServiceTrust(keys: keys, asking: []) { url in
            url == "http://delivery:8086" ? "delivery" : nil
        }
        try await withService(GatewayService.self, Self.yaml, trust: trust) { gateway in
            let upstreams = Upstreams()
            for authority in [
                "order", "order-a:8080", "payment-a:8080", "delivery:8086", "elsewhere:8080", "far.example",
            ] { upstreams.register(authority, in: gateway) }
            try await body(gateway, upstreams)
        }
    }

    private static func bearer(at now: Timestamp) -> Headers {
        let claims = TokenText.claims(["iss": "\"till\""], at: now)
        return ["Authorization": "Bearer \(TokenText.signed(#"{"alg":"HS256"}"#, claims, secret: Array(secret.utf8)))"]
    }

    @Test func each_service_gets_a_token_of_its_own_with_the_caller() async throws {
        try await run { (gateway, upstreams) async throws in
            for (path, service, caller) in [
                ("/closed", "order", "ann"), ("/open", "order", nil), ("/named", "order", nil),
                ("/payments", "payment", nil), ("/url", "delivery", nil),
            ] {
                let count = upstreams.requests.count
                let headers = Self.bearer(at: gateway.loop.now)
                #expect(try await gateway.send(.get, path, "", headers).status == 200, "\(path)")
                let seen = try #require(upstreams.requests.last).headers
                #expect(upstreams.requests.count == count + 1)
                let keys: ServiceKeys = try #require(ServiceKeys(Self.secret))
                let text = try #require(seen["Sambal-Service-Token"])
                let token = try ServiceTokenVerifier(for: service, keys: keys, loop: gateway.loop).verify(text)
                #expect(token.service == "gateway" && token.caller?.subject == caller, "\(path)")
                #expect(seen["Sambal-Caller"] == caller)
            }
        }
    }

    @Test func servers_outside_of_the_shop_get_none() async throws {
        try await run { (gateway, upstreams) async throws in
            for path in ["/outside", "/far"] {
                let headers = Self.bearer(at: gateway.loop.now)
                #expect(try await gateway.send(.get, path, "", headers).status == 200)
                #expect(upstreams.requests.last?.headers["Sambal-Service-Token"] == nil, "\(path)")
            }
            #expect(upstreams.requests.count == 2)
        }
    }

    @Test func a_callers_own_service_tokens_are_removed_everywhere() async throws {
        try await run { (gateway, upstreams) async throws in
            for path in ["/open", "/closed", "/far"] {
                var headers = Self.bearer(at: gateway.loop.now)
                for name in [
                    "Sambal-Service-Token", "SAMBAL-SERVICE-TOKEN", "Sambal_Service_Token", "sambal-service_token",
                    "Sambal-Service", "Sambal-Service-Anything",
                ] { headers.add(name, "forged") }
                headers.add("Connection", "close, Sambal-Service-Token")
                #expect(try await gateway.send(.get, path, "", headers).status == 200)
                let fields = try #require(upstreams.requests.last).headers.fields.filter {
                    $0.name.lowercased().hasPrefix("sambal") && $0.name.lowercased().contains("service")
                }
                #expect(fields.count == (path == "/far" ? 0 : 1) && !fields.contains { $0.value == "forged" })
            }
        }
    }

    @Test func an_upstream_is_a_service_of_the_shop_or_none() {
        let wrong = findings("upstreams: {a: {service: orders, targets: ['http://a:1']}}")
        #expect(wrong.problems.contains { $0.contains("upstreams.a.service must be one of") })
        #expect(findings("upstreams: {a: {service: order, targets: ['http://a:1']}}").problems.isEmpty)
    }
}
