import Foundation
import HTTP
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Synchronization
import Testing
import TokenTestSupport

@testable import GatewayService

/// Routes that ask who sends a request.
@Suite struct AccessTests {
    private static let secret = "a secret of at least thirty-two bytes"

    /// `order` asks for a token, `payment` for a role; `delivery` is open.
    private static let yaml = """
        access:
          issuers:
            - {issuer: till, audience: shop, secret: \(secret)}
        routes:
          - {id: orders, uri: order, predicates: ["Path=/orders/**"], filters: [RequireToken]}
          - {id: sagas, uri: order, predicates: ["Path=/sagas/**"], filters: ["RequireRole=operator, auditor"]}
          - {id: relayed, uri: order, predicates: ["Path=/relayed"], filters: [TokenRelay, RequireToken]}
          - {id: open, uri: order, predicates: ["Path=/open/**"]}
        """

    private static func bearer(_ changes: [String: String?] = [:], at now: Timestamp) -> Headers {
        let claims = TokenText.claims(changes.merging(["iss": "\"till\""]) { first, _ in first }, at: now)
        return ["Authorization": "Bearer " + TokenText.signed(#"{"alg":"HS256"}"#, claims, secret: Array(secret.utf8))]
    }

    @Test func a_request_without_a_token_is_challenged() async throws {
        try await ServiceUnderTest.gateway(Self.yaml) { gateway, upstreams in
            for headers: Headers in [[:], ["Authorization": "Basic YTpi"], ["Authorization": "Bearer"]] {
                let answer = try await gateway.send(.get, "/orders/1?access_token=x", "", headers)
                #expect(answer.status == 401)
                #expect(answer.headers["WWW-Authenticate"] == "Bearer realm=\"sambal\"")
                #expect(answer.headers["Content-Type"] == "application/problem+json")
            }
            #expect(try await gateway.send(.get, "/sagas").status == 401)
            #expect(upstreams.requests.isEmpty)
            #expect(try await gateway.send(.get, "/open").status == 200)
        }
    }

    @Test func a_bad_token_is_refused_and_not_repeated() async throws {
        try await ServiceUnderTest.gateway(Self.yaml) { gateway, upstreams in
            let now = gateway.loop.now
            let tokens: [(Headers, String)] = [
                (Self.bearer(["exp": "0"], at: now), "The token has expired"),
                (Self.bearer(["aud": "\"bank\""], at: now), "The token is meant for another audience"),
                (["Authorization": "bearer s3cret.s3cret.s3cret"], "A part of the token is not base64url"),
                (["Authorization": "Bearer  s3cret"], "The token does not have three parts"),
            ]
            for (headers, reason) in tokens {
                let answer = try await gateway.send(.get, "/orders", "", headers)
                #expect(answer.status == 401)
                #expect(
                    answer.headers["WWW-Authenticate"]?.hasPrefix(
                        "Bearer realm=\"sambal\", error=\"invalid_token\", error_description=\"\(reason)") == true)
                #expect(answer.problem?.detail?.hasPrefix(reason) == true)
                let told = "\(answer.headers.fields)" + answer.text
                #expect(!told.contains("s3cret") && !told.contains(headers["Authorization"]!.dropFirst(7)))
            }
            #expect(upstreams.requests.isEmpty)
            let metrics = try await gateway.send(.get, "/metrics").text
            #expect(metrics.contains(#"sambal_gateway_tokens_total{outcome="malformed"} 2"#))
            #expect(metrics.contains(#"sambal_gateway_tokens_total{outcome="expired"} 1"#))
            #expect(!metrics.contains("s3cret"))
        }
    }

    @Test func two_fields_are_one_too_many() async throws {
        try await ServiceUnderTest.gateway(Self.yaml) { gateway, _ in
            var headers = Self.bearer(at: gateway.loop.now)
            headers.add("Authorization", headers["Authorization"]!)
            let answer = try await gateway.send(.get, "/orders", "", headers)
            #expect(answer.status == 400)
            #expect(answer.headers["WWW-Authenticate"]?.contains("error=\"invalid_request\"") == true)
        }
    }

    @Test func the_upstream_is_told_who_asks_and_does_not_get_the_token() async throws {
        try await ServiceUnderTest.gateway(Self.yaml) { gateway, upstreams in
            let subject = #""Ann Ö\r\nX-Evil: 1""#
            let headers = Self.bearer(["sub": subject], at: gateway.loop.now)
            #expect(try await gateway.send(.get, "/orders", "", headers).status == 200)
            let seen = try #require(upstreams.requests.first).headers
            #expect(seen.all("Sambal-Caller") == ["Ann%20%C3%96%0D%0AX-Evil:%201"])
            #expect(seen.all("Sambal-Caller-Issuer") == ["till"])
            #expect(seen.all("Sambal-Caller-Roles") == ["operator, seller"])
            #expect(seen["Authorization"] == nil)
            // A route that is open does not look at it.
            #expect(try await gateway.send(.get, "/open", "", headers).status == 200)
            #expect(upstreams.requests[1].headers["Sambal-Caller"] == nil)
            #expect(upstreams.requests[1].headers["Authorization"] == headers["Authorization"])
            #expect(try await gateway.send(.get, "/relayed", "", headers).status == 200)
            #expect(upstreams.requests[2].headers.all("Authorization") == headers.all("Authorization"))
        }
    }

    @Test func a_callers_own_identity_fields_are_removed_everywhere() async throws {
        let yaml = Self.yaml + "\nheaderNames: any"
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            let forged: Headers = [
                "Sambal-Caller": "root", "sambal-caller-roles": "operator", "SAMBAL-CALLER-ISSUER": "x",
                "Sambal_Caller": "root", "Sambal-Caller_Roles": "operator", "Sambal-Callers": "x",
                "Sambal-Call": "kept",
            ]
            for path in ["/open", "/orders", "/sagas"] {
                var headers = Self.bearer(["roles": "[\"auditor\"]"], at: gateway.loop.now)
                for field in forged.fields { headers.add(field.name, field.value) }
                // By naming them, a caller would have them left out as fields of the connection.
                headers.add("Connection", "close, Sambal-Caller, sambal-caller-roles")
                let answer = try await gateway.send(.get, path, "", headers)
                #expect(answer.status == 200)
            }
            for (index, seen) in upstreams.requests.enumerated() {
                let fields = seen.headers.fields.filter { $0.name.lowercased().hasPrefix("sambal") }
                let own = ["Sambal-Call: kept"]
                let all = own + ["Sambal-Caller: ann", "Sambal-Caller-Issuer: till", "Sambal-Caller-Roles: auditor"]
                #expect(fields.map { "\($0.name): \($0.value)" } == (index == 0 ? own : all))
            }
            #expect(upstreams.requests.count == 3)
        }
    }

    @Test func a_field_of_a_filter_is_not_a_field_of_the_connection() async throws {
        let yaml = route(filters: ["AddRequestHeader=X-Zone, inner"])
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            let headers: Headers = ["Connection": "X-Zone, X-Own", "X-Own": "1", "X-Zone": "outer"]
            #expect(try await gateway.send(.get, "/", "", headers).status == 200)
            let seen = try #require(upstreams.requests.first).headers
            #expect(seen.all("X-Zone") == ["inner"])
            #expect(seen["X-Own"] == nil && seen["Connection"] == nil)
        }
    }

    @Test(arguments: [
        ("[\"operator\"]", 200), ("[\"auditor\",\"x\"]", 200), ("[\"Operator\"]", 403), ("[]", 403),
        ("\"operator x\"", 200),
        ("[\"operator,auditor\"]", 403), ("{\"operator\":1}", 403),
    ])
    func a_role_opens_its_routes(roles: String, status: Int) async throws {
        try await ServiceUnderTest.gateway(Self.yaml) { gateway, upstreams in
            let answer = try await gateway.send(.get, "/sagas", "", Self.bearer(["roles": roles], at: gateway.loop.now))
            #expect(answer.status == status)
            #expect(upstreams.requests.count == (status == 200 ? 1 : 0))
            guard status == 403 else { return }
            #expect(answer.problem?.detail == "This needs the role operator or auditor")
            #expect(answer.headers["WWW-Authenticate"]?.contains("error=\"insufficient_scope\"") == true)
        }
    }

    @Test func probes_and_preflight_requests_are_never_asked() async throws {
        let yaml = """
            access: {issuers: [{issuer: till, audience: shop, secret: \(Self.secret)}]}
            default-filters: [RequireToken]
            """
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            for path in ["/livez", "/readyz", "/metrics"] {
                let answer = try await gateway.send(.get, path)
                #expect(answer.status == 200)
            }
            #expect(try await gateway.send(.get, "/orders").status == 401)
            let preflight: Headers = [
                "Origin": "http://gateway", "Access-Control-Request-Method": "POST", "Host": "gateway",
            ]
            // It goes no further: a server behind may do what it asks for.
            #expect(try await gateway.send(.options, "/orders", "", preflight).status == 204)
            #expect(
                try await gateway.send(.options, "/orders", "", ["Origin": "http://gateway", "Host": "gateway"]).status
                    == 401)
            #expect(try await gateway.send(.post, "/orders", "", preflight).status == 401)
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test(arguments: ["/open/..%2forders", "/orders%2Fx", "//orders/x", "/open//x"])
    func a_path_that_others_may_read_as_a_closed_routes_is_refused(path: String) async throws {
        let routes = """
            routes:
              - {id: closed, uri: order, predicates: ["Path=/orders/**"], filters: [RequireToken]}
              - {id: open, uri: order, predicates: ["Path=/**"]}
            """
        let yaml = "access: {issuers: [{issuer: till, audience: shop, secret: \(Self.secret)}]}\n" + routes
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            let refused = try await gateway.send(.get, path)
            #expect(refused.status == 400)
            #expect(try await gateway.send(.get, "/open/x/").status == 200)
            #expect(upstreams.requests.count == 1)
        }
    }

    /// As two names of one issuer have it, whose keys are the same.
    @Test(arguments: [true, false])
    func two_issuers_share_the_keys_of_one_place(isFile: Bool) async throws {
        let folder = TemporaryDirectory()
        let file = folder.file("keys.json")
        let keys = isFile ? file : "https://id.example/keys"
        @Sendable func write(_ set: String) throws {
            try set.write(toFile: file, atomically: true, encoding: .utf8)
        }
        let yaml = """
            access:
              issuers: [{issuer: till, audience: shop, keys: "\(keys)"}, {issuer: bank, audience: shop, keys: "\(keys)"}]
            routes: [{id: r, uri: order, predicates: ["Path=/**"], filters: [RequireToken]}]
            """
        try write(TestKeys.set)
        let set = Mutex(TestKeys.set)
        try await ServiceUnderTest.gateway(yaml) { gateway, _ in
            gateway.transport.register("id.example") { _ in
                Response(status: 200, body: Data(set.withLock { $0 }.utf8))
            }
            @Sendable func statuses(_ key: SigningKey) async throws -> [Int] {
                var statuses: [Int] = []
                for issuer in ["till", "bank"] {
                    let headers = Self.signed(key, issuer: issuer, at: gateway.loop.now)
                    statuses.append(try await gateway.send(.get, "/", "", headers).status)
                }
                return statuses
            }
            let first = try await statuses(TestKeys.ed25519)
            #expect(first == [200, 200])
            let next = "{\"keys\":[\(Self.next.jwkText())]}"
            set.withLock { $0 = next }
            try write(next)
            #expect(try await statuses(Self.next) == [200, 200])
            #expect(try await statuses(TestKeys.ed25519) == [401, 401])
        }
    }

    @Test func a_page_of_another_origin_can_read_the_refusal() async throws {
        let yaml =
            Self.yaml + "\nglobalcors: {corsConfigurations: {'[/**]': {allowedOrigins: [\"https://page.example\"]}}}"
        try await ServiceUnderTest.gateway(yaml) { gateway, _ in
            let answer = try await gateway.send(.get, "/orders", "", ["Origin": "https://page.example"])
            #expect(answer.status == 401)
            #expect(answer.headers["Access-Control-Allow-Origin"] == "https://page.example")
        }
    }

    @Test func a_bucket_belongs_to_a_caller() async throws {
        let yaml = """
            access: {issuers: [{issuer: till, audience: shop, secret: \(Self.secret)}]}
            routes:
              - id: r
                uri: order
                predicates: ["Path=/**"]
                filters:
                  - RequireToken
                  - {name: RequestRateLimiter, args: {replenishRate: 1, burstCapacity: 2, key-resolver: caller}}
            """
        try await ServiceUnderTest.gateway(yaml) { gateway, _ in
            let ann = Self.bearer(at: gateway.loop.now)
            let bob = Self.bearer(["sub": "\"bob\""], at: gateway.loop.now)
            // Another token of the same caller takes from the same bucket.
            let other = Self.bearer(["jti": "\"2\""], at: gateway.loop.now)
            var statuses: [Int] = []
            for headers in [ann, other, ann, bob] {
                statuses.append(try await gateway.send(.get, "/", "", headers).status)
            }
            #expect(statuses == [200, 200, 429, 200])
        }
    }

    @Test func a_refusal_does_not_open_a_breaker() async throws {
        let yaml = """
            access: {issuers: [{issuer: till, audience: shop, secret: \(Self.secret)}]}
            routes:
              - id: r
                uri: order
                predicates: ["Path=/**"]
                filters: [{name: CircuitBreaker, args: {name: b, minimumCalls: 1}}, Retry=3, RequireToken]
            """
        try await ServiceUnderTest.gateway(yaml) { gateway, _ in
            for _ in 0..<10 {
                let answer = try await gateway.send(.get, "/")
                #expect(answer.status == 401)
            }
            #expect(try await gateway.send(.get, "/", "", Self.bearer(at: gateway.loop.now)).status == 200)
            #expect(try await gateway.send(.get, "/metrics").text.contains(#"outcome="missing"} 10"#))
        }
    }

    // MARK: Keys

    private static func signed(
        _ key: SigningKey, issuer: String = "https://id.example", at now: Timestamp
    ) -> Headers {
        let claims = TokenText.claims(["exp": "9999999999", "iss": "\"\(issuer)\""], at: now)
        let token = TokenText.signed("{\"alg\":\"EdDSA\",\"kid\":\"\(key.id)\"}", claims, key)
        return ["Authorization": "Bearer " + token]
    }

    private static let next = SigningKey(.ed25519, id: "ed-2")

    @Test func a_file_of_keys_is_read_again_and_a_bad_one_is_not_taken() async throws {
        let folder = TemporaryDirectory()
        let file = folder.file("keys.json")
        func write(_ text: String) throws { try text.write(toFile: file, atomically: true, encoding: .utf8) }
        try write("{\"keys\":[\(TestKeys.ed25519.jwkText())]}")
        let yaml = """
            access: {issuers: [{issuer: "https://id.example", audience: shop, keys: \(file)}]}
            routes: [{id: r, uri: order, predicates: ["Path=/**"], filters: [RequireToken]}]
            """
        try await ServiceUnderTest.gateway(yaml) { gateway, _ in
            let (old, new) = (
                Self.signed(TestKeys.ed25519, at: gateway.loop.now), Self.signed(Self.next, at: gateway.loop.now)
            )
            #expect(try await gateway.send(.get, "/", "", old).status == 200)
            #expect(try await gateway.send(.get, "/", "", new).status == 401)
            try "{".write(toFile: file, atomically: true, encoding: .utf8)
            try await gateway.loop.sleep(for: .seconds(20))
            #expect(try await gateway.send(.get, "/", "", old).status == 200)
            try "{\"keys\":[\(Self.next.jwkText())]}".write(toFile: file, atomically: true, encoding: .utf8)
            try await gateway.loop.sleep(for: .seconds(6))
            #expect(try await gateway.send(.get, "/", "", new).status == 200)
            #expect(try await gateway.send(.get, "/", "", old).status == 401)
        }
    }

    @Test func keys_are_found_by_discovery_and_followed_when_they_change() async throws {
        let yaml = """
            access: {issuers: [{issuer: "https://id.example", audience: shop}]}
            routes: [{id: r, uri: order, predicates: ["Path=/**"], filters: [RequireToken]}]
            """
        let keys = Mutex([TestKeys.ed25519])
        let loads = Mutex(0)
        try await ServiceUnderTest.gateway(yaml) { gateway, _ in
            let now = gateway.loop.now
            // Before the issuer is there, nobody can tell.
            let early = try await gateway.send(.get, "/", "", Self.signed(TestKeys.ed25519, at: now))
            #expect(early.status == 503 && early.headers["Retry-After"] != nil)
            gateway.transport.register("id.example") { request in
                guard request.path == "/keys" else {
                    #expect(request.path == "/.well-known/openid-configuration")
                    let document = #"{"issuer":"https://id.example","jwks_uri":"https://id.example/keys"}"#
                    return Response(status: 200, body: Data(document.utf8))
                }
                loads.withLock { $0 += 1 }
                let set = keys.withLock { $0.map { $0.jwkText() }.joined(separator: ",") }
                return Response(status: 200, body: Data("{\"keys\":[\(set)]}".utf8))
            }
            #expect(try await gateway.send(.get, "/", "", Self.signed(TestKeys.ed25519, at: now)).status == 200)
            keys.withLock { $0 = [Self.next] }
            // No request is lost while the new key is looked for, and all of them cost one load.
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 {
                    group.addTask { try await gateway.send(.get, "/", "", Self.signed(Self.next, at: now)).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == [Int](repeating: 200, count: 40))
            #expect(loads.withLock { $0 } == 2)
            let metrics = try await gateway.send(.get, "/metrics").text
            #expect(
                metrics.contains(#"sambal_gateway_key_loads_total{issuer="https://id.example",outcome="loaded"} 2"#))
            #expect(metrics.contains(#"sambal_gateway_key_loads_total{issuer="https://id.example",outcome="failed"}"#))
        }
    }

    @Test func another_configuration_is_taken_over_without_a_lost_request() async throws {
        @Sendable func yaml(_ audience: String, more: String = "") -> String {
            """
            access: {issuers: [{issuer: "https://id.example", audience: \(audience), keys: "https://id.example/keys"}\(more)]}
            routes: [{id: r, uri: order, predicates: ["Path=/**"], filters: [RequireToken]}]
            """
        }
        let loads = Mutex(0)
        try await ServiceUnderTest.gateway(yaml("shop")) { gateway, _ in
            gateway.transport.register("id.example") { _ in
                loads.withLock { $0 += 1 }
                // Slow, so that it is under way when the other configuration comes.
                try? await gateway.loop.sleep(for: .seconds(1))
                return Response(status: 200, body: Data(TestKeys.set.utf8))
            }
            let headers = Self.signed(TestKeys.ed25519, at: gateway.loop.now)
            async let first = gateway.send(.get, "/", "", headers)
            try await eventually(on: gateway.loop) { loads.withLock { $0 } >= 1 }
            try await gateway.takeOver(
                yaml("[shop, till]", more: ", {issuer: till, audience: shop, secret: \(Self.secret)}"))
            async let second = gateway.send(.get, "/", "", headers)
            async let third = gateway.send(.get, "/", "", Self.bearer(at: gateway.loop.now))
            #expect(try await [first.status, second.status, third.status] == [200, 200, 200])
            try await gateway.takeOver(yaml("bank"))
            #expect(try await gateway.send(.get, "/", "", headers).status == 401)
            #expect(try await gateway.send(.get, "/", "", Self.bearer(at: gateway.loop.now)).status == 401)
            // The same keys serve all configurations.
            #expect((1...3).contains(loads.withLock { $0 }))
        }
    }
}
