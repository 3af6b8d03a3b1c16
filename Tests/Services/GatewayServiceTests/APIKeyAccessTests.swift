import Foundation
import HTTP
import Kernel
import ServiceTestSupport
import Testing
import Tokens

@testable import GatewayService

/// Routes that ask who sends a request, and callers with API keys.
@Suite struct APIKeyAccessTests {
    private static let yaml = """
        access: {apiKeys: true, rateClasses: {gold: {replenishRate: 1, burstCapacity: 5}}}
        routes:
          - {id: orders, uri: order, predicates: ["Path=/orders/**"], filters: [TokenRelay, RequireToken]}
          - {id: sagas, uri: order, predicates: ["Path=/sagas/**"], filters: ["RequireRole=operator"]}
          - id: limited
            uri: order
            predicates: ["Path=/limited"]
            filters:
              - RequireToken
              - {name: RequestRateLimiter, args: {keyResolver: caller, replenishRate: 1, burstCapacity: 2}}
          - {id: open, uri: order, predicates: ["Path=/open/**"]}
        """

    private static func key(_ seed: UInt64) -> APIKey {
        var state = seed
        return APIKey {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    /// The file of keys in the gateway's data folder.
    private struct Keys: Sendable {
        let gateway: ServiceUnderTest
        private var file: String { gateway.file("apikeys.json") }

        /// Writes keys, and waits until the gateway has taken them over.
        func write(_ records: [APIKeyRecord]) async throws {
            var ring = APIKeyRing()
            for record in records { try ring.add(record) }
            try await write(ring.text)
        }

        func write(_ text: String) async throws {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            try await gateway.loop.sleep(for: .seconds(3))
        }

        func remove() async throws {
            try FileManager.default.removeItem(atPath: file)
            try await gateway.loop.sleep(for: .seconds(3))
        }

        func record(
            _ key: APIKey, _ name: String = "till", roles: [String] = [], rateClass: String? = nil,
            expires: Duration? = nil
        ) -> APIKeyRecord {
            let now = gateway.loop.now
            return APIKeyRecord(
                key, name: name, roles: roles, rateClass: rateClass, createdAt: now,
                expiresAt: expires.map { now + $0 })
        }
    }

    private static func run(
        _ body: @escaping @Sendable (ServiceUnderTest, Upstreams, Keys) async throws -> Void
    ) async throws {
        try await ServiceUnderTest.gateway(yaml) { try await body($0, $1, Keys(gateway: $0)) }
    }

    @Test func a_key_opens_routes_as_a_token_does_and_stays_at_the_gateway() async throws {
        try await Self.run { gateway, upstreams, keys in
            let key = Self.key(1)
            try await keys.write([keys.record(key, roles: ["operator", "seller"])])
            for path in ["/orders", "/sagas", "/open"] {
                #expect(try await gateway.send(.get, path, "", ["x-api-key": key.text]).status == 200)
            }
            for seen in upstreams.requests {
                #expect(!seen.headers.fields.contains { $0.value.contains("sk_sambal") })
                #expect(seen.headers["Authorization"] == nil)
            }
            let told = upstreams.requests.map { $0.headers["Sambal-Caller"] }
            #expect(told == ["till", "till", nil])
            #expect(upstreams.requests[0].headers["Sambal-Caller-Issuer"] == "sambal-api-keys")
            #expect(upstreams.requests[0].headers["Sambal-Caller-Roles"] == "operator, seller")
            let metrics = try await gateway.send(.get, "/metrics").text
            #expect(metrics.contains(#"sambal_gateway_api_keys_total{outcome="accepted"} 2"#))
            #expect(!metrics.contains(key.identifier))
        }
    }

    @Test func every_key_that_is_refused_gets_the_same_answer() async throws {
        try await Self.run { gateway, upstreams, keys in
            let (expired, revoked) = (Self.key(1), Self.key(2))
            var record = keys.record(revoked)
            record.revokedAt = gateway.loop.now
            try await keys.write([keys.record(expired, expires: .milliseconds(1)), record])
            var bodies: Set<String> = []
            for text in [expired.text, revoked.text, Self.key(3).text, "s3cret", " "] {
                let answer = try await gateway.send(.get, "/orders", "", ["X-API-Key": text])
                #expect(answer.status == 401)
                #expect(answer.headers.all("WWW-Authenticate") == ["ApiKey realm=\"sambal\""])
                #expect(answer.headers["Content-Type"] == "application/problem+json")
                bodies.insert(answer.text)
            }
            #expect(bodies.count == 1 && bodies.first?.contains("The API key is not valid") == true)
            #expect(upstreams.requests.isEmpty)
            let metrics = try await gateway.send(.get, "/metrics").text
            for outcome in ["expired", "revoked", "unknown"] {
                #expect(metrics.contains("sambal_gateway_api_keys_total{outcome=\"\(outcome)\"} 1"))
            }
        }
    }

    @Test func a_request_shows_once_who_it_is() async throws {
        try await Self.run { gateway, upstreams, keys in
            let key = Self.key(1)
            try await keys.write([keys.record(key)])
            for headers: Headers in [
                ["X-API-Key": key.text, "Authorization": "Bearer a.b.c"],
                ["X-API-Key": key.text, "Authorization": "Basic YTpi"],
            ] {
                let answer = try await gateway.send(.get, "/orders", "", headers)
                #expect(answer.status == 400)
                #expect(
                    answer.problem?.detail
                        == "The request has both X-API-Key and Authorization; it may have one of them")
            }
            var twice: Headers = ["X-API-Key": key.text]
            twice.add("X-API-Key", key.text)
            #expect(try await gateway.send(.get, "/orders", "", twice).status == 400)
            let missing = try await gateway.send(.get, "/orders")
            #expect(missing.status == 401)
            #expect(missing.problem?.detail == "This needs an API key, in the header field X-API-Key")
            // In a query nobody looks for it.
            #expect(try await gateway.send(.get, "/orders?X-API-Key=\(key.text)").status == 401)
            #expect(upstreams.requests.isEmpty)
        }
    }

    @Test func a_caller_without_the_role_is_refused() async throws {
        try await Self.run { gateway, _, keys in
            let key = Self.key(1)
            try await keys.write([keys.record(key, roles: ["operators"])])
            let answer = try await gateway.send(.get, "/sagas", "", ["X-API-Key": key.text])
            #expect(answer.status == 403 && answer.problem?.detail == "This needs the role operator")
        }
    }

    @Test func a_class_of_rates_holds_in_place_of_the_routes() async throws {
        try await Self.run { gateway, _, keys in
            let (plain, gold, unknown) = (Self.key(1), Self.key(2), Self.key(3))
            try await keys.write([
                keys.record(plain, "plain"), keys.record(gold, "gold", rateClass: "gold"),
                keys.record(unknown, "unknown", rateClass: "silver"),
            ])
            for (key, burst) in [(plain, 2), (gold, 5), (unknown, 2)] {
                for left in (0..<burst).reversed() {
                    let answer = try await gateway.send(.get, "/limited", "", ["X-API-Key": key.text])
                    #expect(answer.status == 200)
                    #expect(answer.headers["RateLimit"]?.hasPrefix("\"limited\";r=\(left);") == true)
                    #expect(answer.headers["RateLimit-Policy"] == "\"limited\";q=\(burst);w=\(burst)")
                }
                #expect(try await gateway.send(.get, "/limited", "", ["X-API-Key": key.text]).status == 429)
            }
        }
    }

    @Test func a_changed_file_is_taken_over_and_one_that_is_none_is_refused() async throws {
        try await Self.run { gateway, _, keys in
            let (key, other) = (Self.key(1), Self.key(2))
            func statuses() async throws -> [Int] {
                var statuses: [Int] = []
                for key in [key, other] {
                    statuses.append(try await gateway.send(.get, "/orders", "", ["X-API-Key": key.text]).status)
                }
                return statuses
            }
            #expect(try await statuses() == [401, 401])
            try await keys.write([keys.record(key), keys.record(other)])
            #expect(try await statuses() == [200, 200])
            var revoked = keys.record(key)
            revoked.revokedAt = gateway.loop.now
            try await keys.write([revoked, keys.record(other)])
            #expect(try await statuses() == [401, 200])
            try await keys.write("{\"keys\":[")
            #expect(try await statuses() == [401, 200])
            try await keys.write([keys.record(key)])
            #expect(try await statuses() == [200, 401])
            // Another configuration goes on with the same keys, and still follows them.
            try await gateway.takeOver(Self.yaml.replacing("Path=/limited", with: "Path=/bounded"))
            #expect(try await statuses() == [200, 401])
            try await keys.remove()
            #expect(try await statuses() == [401, 401])
        }
    }

    @Test func a_gateway_that_takes_no_keys_passes_the_field_on() async throws {
        try await ServiceUnderTest.gateway(route()) { gateway, upstreams in
            let answer = try await gateway.send(.get, "/", "", ["X-API-Key": "of the upstream"])
            #expect(answer.status == 200)
            #expect(upstreams.requests[0].headers["X-API-Key"] == "of the upstream")
        }
    }

    @Test(arguments: ["", "access: {apiKeys: true}\n"])
    func a_key_goes_to_no_upstream_under_any_name_of_its_field(access: String) async throws {
        let yaml = access + "headerNames: any\n" + route()
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            for name in ["X-API-Key", "x-api-key", "X_API_Key", "X_API-KEY"] {
                #expect(try await gateway.send(.get, "/", "", [name: Self.key(1).text]).status == 200)
            }
            for request in upstreams.requests {
                #expect(!request.headers.fields.contains { $0.value.contains("sk_sambal") })
            }
            _ = try await gateway.send(.get, "/", "", ["X_API_KEY": "of the upstream", "X_API_Kex": "kept"])
            #expect(upstreams.requests[4].headers["X_API_KEY"] == (access.isEmpty ? "of the upstream" : nil))
            #expect(upstreams.requests[4].headers["X_API_Kex"] == "kept")
        }
    }

    @Test(arguments: [
        (nil, "no-store"), ("public, max-age=60, s-maxage=600", "private, max-age=60"), ("no-store", "no-store"),
        ("private=\"Set-Cookie, X\", max-age=1", "private, max-age=1"),
        ("no-cache=\"A, public\"", "private, no-cache=\"A, public\""),
    ])
    func shared_caches_keep_no_answer_to_a_caller_with_a_key(given: String?, expected: String) async throws {
        try await Self.run { gateway, _, keys in
            gateway.transport.register("order") { _ in
                var headers: Headers = ["CDN-Cache-Control": "max-age=60"]
                headers["Cache-Control"] = given
                return Response(status: 200, headers: headers)
            }
            let key = Self.key(1)
            try await keys.write([keys.record(key)])
            let answer = try await gateway.send(.get, "/orders", "", ["X-API-Key": key.text])
            #expect(answer.headers.all("Cache-Control") == [expected] && answer.headers["CDN-Cache-Control"] == nil)
            let open = try await gateway.send(.get, "/open", "", ["X-API-Key": key.text])
            #expect(open.headers["Cache-Control"] == given ?? "no-store")
        }
    }

    @Test func false_switches_keys_off_even_beside_a_file() async throws {
        let yaml = "access: {apiKeys: false, apiKeysFile: /etc/hostname}\n" + route()
        #expect(findings(yaml).problems == [])
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            let answer = try await gateway.send(.get, "/", "", ["X-API-Key": "of the upstream"])
            #expect(answer.status == 200)
            #expect(upstreams.requests[0].headers["X-API-Key"] == "of the upstream")
        }
    }

    @Test(arguments: [
        ("access: {apiKeys: true}", []),
        ("access: {apiKeys: false}", ["asks for tokens, but access.issuers names nobody"]),
        ("access: {apiKeysFile: /nowhere/keys.json}", []),
        ("access: {apiKeysFile: /etc/hostname}", ["access.apiKeysFile /etc/hostname is no file of API keys"]),
        (
            "access: {apiKeys: true, rateClasses: {a b: {replenishRate: 0}}}",
            ["rateClasses.a b.replenishRate must be", "access.rateClasses must have names of"]
        ),
        (
            "access: {issuers: [{issuer: sambal-api-keys, audience: a, keys: 'https://i.example'}]}",
            ["must be another one: sambal-api-keys stands for callers with an API key"]
        ),
    ])
    func settings_are_checked(access: String, expected: [String]) {
        let problems = findings(access + "\n" + route(filters: ["RequireToken"])).problems
        #expect(problems.count == expected.count, "\(problems)")
        for (problem, part) in zip(problems, expected) { #expect(problem.contains(part), "\(problem)") }
    }
}
