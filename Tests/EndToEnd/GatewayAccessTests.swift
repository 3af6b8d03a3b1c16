import Foundation
import PlatformTestSupport
import Testing
import TokenTestSupport

extension EndToEnd {
    /// The gateway as a process that asks for tokens.
    @Suite struct GatewayAccessTests {
        private static let secret = "0123456789abcdef-a-secret-of-the-till"

        private static func token(_ issuer: String, _ audience: String) -> String {
            let claims = #"{"iss":"\#(issuer)","sub":"ann","aud":"\#(audience)","exp":9999999999,"roles":"operator"}"#
            guard issuer == "till" else {
                return TokenText.signed(#"{"alg":"EdDSA","kid":"ed-1"}"#, claims, TestKeys.ed25519)
            }
            return TokenText.signed(#"{"alg":"HS256"}"#, claims, secret: Array(secret.utf8))
        }

        @Test func the_check_names_open_routes_and_shows_no_secret() async throws {
            let gateway = try GatewayUnderTest(port: 1)
            func check(_ yaml: String) async throws -> CommandResult {
                try gateway.write(yaml)
                return try await CommandResult.run(
                    ShopUnderTest.program, ["config", "check", "--config", gateway.file.path()])
            }
            let some = try await check(
                """
                gateway:
                  access: {issuers: [{issuer: till, audience: shop, secret: \(Self.secret)}]}
                  routes:
                    - {id: closed, uri: order, filters: [RequireToken]}
                    - {id: open-one, uri: payment}
                """)
            #expect(some.status == 0)
            #expect(
                some.output.contains("# 1 of 2 routes of the gateway ask for no access token: open-one."),
                "\(some.output)")
            #expect(!some.output.contains("a-secret-of-the-till") && some.output.contains("secret: \"********\""))
            let none = try await check(
                "gateway: {default-filters: [RequireToken], access: {issuers: [{issuer: till, audience: shop, secret: \(Self.secret)}]}}"
            )
            #expect(none.output.contains("# every route of the gateway asks for an access token."))
            #expect(try await check("").output.contains("# 12 of 12 routes of the gateway ask for no access token:"))
            let wrong = try await check("gateway:\n  routes:\n    - {id: a, uri: order, filters: [RequireToken]}\n")
            #expect(wrong.status != 0)
            #expect(
                wrong.output.contains("application.yml:3: gateway.routes[0].filters[0] (RequireToken) asks for tokens"))
        }

        @Test func issuers_and_keys_are_exchanged_under_load_and_no_request_is_lost() async throws {
            let upstream = try RecordingUpstream()
            defer { upstream.stop() }
            let port = try FreePorts.find(1)[0]
            let gateway = try GatewayUnderTest(port: port)
            let keys = gateway.file.deletingLastPathComponent().appending(path: "keys.json")
            try "{\"keys\":[\(TestKeys.ed25519.jwkText())]}".write(to: keys, atomically: true, encoding: .utf8)
            func yaml(_ audience: String) -> String {
                """
                gateway:
                  port: \(port)
                  accessLog: json
                  access:
                    issuers:
                      - {issuer: till, audience: shop, secret: \(Self.secret)}
                      - {issuer: "https://id.example", audience: \(audience), keys: \(keys.path())}
                  routes: [{id: r, uri: "http://127.0.0.1:\(upstream.port)", predicates: ["Path=/**"], filters: ["RequireRole=operator"]}]
                """
            }
            try gateway.write(yaml("shop-0"))
            try await gateway.start()
            func status(_ issuer: String, _ audience: String) throws -> Int {
                try gateway.ask("GET", "/", ["Authorization: Bearer \(Self.token(issuer, audience))"]).status
            }
            #expect(try gateway.ask("GET", "/").status == 401)
            let loaded = Task {
                var failures: [String] = []
                var count = 0
                while !Task.isCancelled, count < 100_000 {
                    let answer = try? gateway.ask("GET", "/", ["Authorization: Bearer \(Self.token("till", "shop"))"])
                    if answer?.status != 200 { failures.append(answer?.head ?? "no answer") }
                    count += 1
                    await Task.yield()
                }
                return (failures, count)
            }
            for round in 1...4 {
                try gateway.write(yaml("shop-\(round)"))
                try await eventually("round \(round) is taken over") {
                    try status("https://id.example", "shop-\(round)") == 200
                }
                #expect(try status("https://id.example", "shop-\(round - 1)") == 401)
            }
            loaded.cancel()
            let (failures, count) = await loaded.value
            #expect(failures.isEmpty && count > 20, "\(count): \(failures.prefix(3))")
            #expect(upstream.take().joined().contains("Sambal-Caller: ann\r\n"))
            #expect(!gateway.log.contains("eyJ") && !gateway.log.contains(Self.secret))
        }

        @Test func a_key_is_made_used_revoked_and_refused_while_the_gateway_runs() async throws {
            let upstream = try RecordingUpstream()
            defer { upstream.stop() }
            let port = try FreePorts.find(1)[0]
            let gateway = try GatewayUnderTest(port: port)
            try gateway.write(
                """
                gateway:
                  port: \(port)
                  accessLog: json
                  access: {apiKeys: true}
                  routes: [{id: r, uri: "http://127.0.0.1:\(upstream.port)", predicates: ["Path=/**"], filters: ["RequireRole=operator"]}]
                """)
            try await gateway.start()
            func apikey(_ words: String...) async throws -> CommandResult {
                try await CommandResult.run(ShopUnderTest.program, ["apikey"] + words + ["--data", gateway.data])
            }
            let made = try await apikey("create", "till", "--roles", "operator", "--format", "json")
            #expect(made.status == 0)
            let members = try #require(
                try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [[String: Any?]])
            let key = try #require(members.first?["key"] as? String)
            let id = try #require(members.first?["id"] as? String)
            func status() throws -> Int { try gateway.ask("GET", "/", ["X-API-Key: \(key)"]).status }
            try await eventually("the key is taken over") { try status() == 200 }
            let told = upstream.take().joined()
            #expect(told.contains("Sambal-Caller: till\r\n") && !told.contains("sk_sambal"))

            let listed = try await apikey("list")
            #expect(listed.output.contains(id) && listed.output.contains("active") && !listed.output.contains(key))
            let shown = try await apikey("create", "other", "--expires", "1h")
            #expect(shown.output.contains("shown this once") && shown.output.contains("sk_sambal_"))
            // The second key has been taken over together with whatever stood beside it.
            #expect(try status() == 200)

            #expect(try await apikey("revoke", id).output == "\(id) is revoked\n")
            try await eventually("the key is refused") { try status() == 401 }
            #expect(try await apikey("list").output.contains("revoked"))
            #expect(try await apikey("revoke", "0123456789ab").status == 1)
            #expect(!gateway.log.contains("sk_sambal") && gateway.log.contains("the API keys have changed"))
        }
    }
}
