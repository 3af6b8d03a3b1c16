import Foundation
import PlatformTestSupport
import Testing
import TokenTestSupport

extension EndToEnd {
    /// Services as processes of their own, whose ports answer each other and the gateway only.
    @Suite struct ServiceTrustTests {
        private static let secret = "a-secret-of-at-least-thirty-two-bytes"
        private static let next = "another-secret-of-thirty-two-bytes!!"
        private static let order = #"{"branchId":"1","sauceId":"1","qty":"10","price":"10000"}"#
        private static var now: Int64 { Int64(Date().timeIntervalSince1970) }

        private static func token(
            _ audience: String = "order", at time: Int64 = now, secret: String = secret, caller: String? = nil
        ) -> String {
            ServiceTokenText.signed(
                ServiceTokenText.claims(for: audience, issued: time, caller: caller), secret: secret)
        }

        private func shop(_ lines: [String] = []) throws -> ShopUnderTest {
            try ShopUnderTest(
                common: ["trust: token", "secrets: {services: \(Self.secret)}"] + lines, layout: .together)
        }

        /// The status of `POST /orders` at the order service's own port, and what it says.
        private func placed(_ shop: ShopUnderTest, _ fields: [String] = []) throws -> RawAnswer {
            try send("POST", "/orders", Self.order, fields, to: shop.ports["order"]!)
        }

        private func send(
            _ method: String, _ path: String, _ body: String = "", _ fields: [String] = [], to port: Int,
            host: String = "127.0.0.1"
        ) throws -> RawAnswer {
            let lines =
                ["\(method) \(path) HTTP/1.1", "Host: \(host)", "Connection: close"]
                + (body.isEmpty ? [] : ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"])
                + fields
            return try RawConnection(port: port)
                .exchange(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        }

        @Test func a_port_answers_the_shops_own_services_and_no_hostile_caller() async throws {
            let shop = try shop()
            for service in ["order", "payment", "psp", "product", "gateway"] { try await shop.serve(service) }
            // Through the gateway, over processes that sign for each other, to an order that is paid.
            let made = try await HTTP.post(shop.url("gateway", "/orders"), Self.order)
            #expect(made.status == 201 || made.status == 202, "\(made.text)")
            let id = try #require(made.json["id"].string)
            try await eventually("the order is paid, for which the provider's callback comes in") {
                try await HTTP.get(shop.url("gateway", "/orders/\(id)")).json["status"].string == "PAID"
            }
            let fields = ["Sambal-Caller: root", "Sambal-Caller-Issuer: i", "Sambal-Caller-Roles: operator"]
            func signed(_ token: String) -> String { "Sambal-Service-Token: \(token)" }
            let anna = #"{"sub":"anna","iss":"till","roles":["customer"]}"#
            let attacks: [(name: String, fields: [String])] = [
                ("no token", []), ("caller without a token", fields), ("empty", [signed("")]),
                ("forged caller", [signed(Self.token())] + fields),
                ("another caller", [signed(Self.token(caller: anna))] + fields),
                ("for another service", [signed(Self.token("payment"))]),
                ("expired", [signed(Self.token(at: Self.now - 200))]),
                ("of the future", [signed(Self.token(at: Self.now + 200))]),
                ("foreign key", [signed(Self.token(secret: Self.next))]),
                ("two tokens", [signed(Self.token()), signed(Self.token())]),
                ("underscores", ["Sambal_Service_Token: \(Self.token())"]),
                ("as a bearer", ["Authorization: Bearer \(Self.token())"]),
                ("changed", [signed(Self.token() + "x")]),
                ("no signature", [signed(Self.token().split(separator: ".").dropLast().joined(separator: ".") + ".")]),
            ]
            for attack in attacks {
                let answer = try placed(shop, attack.fields)
                #expect(answer.status == 401, "\(attack.name): \(answer.text)")
                #expect(answer.header("WWW-Authenticate") == "Sambal-Service realm=\"sambal\"", "\(attack.name)")
            }
            let orders = try await HTTP.get(shop.url("gateway", "/orders")).json
            #expect(orders["page"]["totalElements"].int == 1)
            // Nothing that a stranger sends to the gateway makes them a service.
            let smuggled = try send(
                "GET", "/orders", "", fields + [signed("x.y.z"), "Connection: Sambal-Service-Token"],
                to: shop.ports["gateway"]!)
            #expect(smuggled.status == 200, "\(smuggled.text)")
            #expect(try placed(shop, [signed(Self.token())]).status < 300)
            for path in ["/livez", "/readyz", "/startupz", "/metrics"] {
                #expect(try send("GET", path, to: shop.ports["order"]!).status == 200, "\(path)")
            }
            let figures = try await HTTP.get(shop.url("order", "/metrics")).text
            #expect(figures.contains(#"sambal_service_tokens_total{outcome="missing"}"#))
            // Commands of whoever may read the secret sign their requests too.
            let listed = try await shop.run(
                ["events", "dead", "list", "--service", "order", "--config", shop.configuration.path()])
            #expect(listed.status == 0, "\(listed.output)")
            let log = shop.log
            #expect(log.components(separatedBy: "without a valid service token").count < 10)
            #expect(!log.contains("eyJ") && !log.contains(Self.secret))
        }

        @Test func a_former_key_is_accepted_while_it_is_exchanged_and_not_after() async throws {
            let shop = try shop()
            func status(_ environment: [String: String], _ token: String) async throws -> Int {
                let process = try await shop.serve("product", environment: environment)
                defer { process.killNow() }
                return try send(
                    "GET", "/products", "", ["Sambal-Service-Token: \(token)"], to: shop.ports["product"]!
                ).status
            }
            let old = Self.token("product")
            let new = Self.token("product", secret: Self.next)
            #expect(try await status([:], old) == 200)
            #expect(try await status([:], new) == 401)
            let exchange = [
                "SAMBAL_SECRETS_SERVICES": Self.next, "SAMBAL_SECRETS_OTHER_SERVICES": Self.secret,
            ]
            #expect(try await status(exchange, old) == 200)
            #expect(try await status(exchange, new) == 200)
            let after = ["SAMBAL_SECRETS_SERVICES": Self.next]
            #expect(try await status(after, new) == 200)
            #expect(try await status(after, old) == 401)
        }

        @Test func open_ports_stay_on_loopback_and_strangers_pages_have_no_way_in() async throws {
            let reachable = try ShopUnderTest(common: ["address: 0.0.0.0"], layout: .together)
            let refused = try await reachable.run(
                ["serve", "order", "--config", reachable.configuration.path(), "--data", reachable.data.path()])
            #expect(refused.status != 0)
            #expect(refused.output.contains("config.yaml:1: address is 0.0.0.0"), "\(refused.output)")
            #expect(refused.output.contains("set trust: token"))

            let shop = try ShopUnderTest(layout: .together)
            for service in ["payment", "psp", "product", "order"] { try await shop.serve(service) }
            let port = shop.ports["order"]!
            func place(_ fields: [String], host: String) throws -> Int {
                try send("POST", "/orders", Self.order, fields, to: port, host: host).status
            }
            // As HTTPie and curl send it.
            for host in ["127.0.0.1", "localhost", "[::1]"] {
                #expect(try place([], host: "\(host):\(port)") < 300, "\(host)")
            }
            for host in ["shop.example", "evil.example:\(port)", "127.0.0.1.evil.example"] {
                #expect(try place([], host: host) >= 400, "\(host)")
                #expect(try send("GET", "/orders", to: port, host: host).status >= 400, "\(host)")
            }
            for fields in [
                ["Origin: https://evil.example"], ["Origin: null"], ["Origin: http://localhost:\(port + 1)"],
                ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"],
                ["Origin: http://localhost:\(port)", "Sec-Fetch-Site: cross-site"],
            ] {
                #expect(try place(fields, host: "localhost:\(port)") == 403, "\(fields)")
            }
            let orders = try await HTTP.get(shop.url("order", "/orders")).json
            #expect(orders["page"]["totalElements"].int == 3)
            #expect(shop.log.contains("answer every program on this machine (trust: open"))
        }
    }
}
