import Foundation
import PlatformTestSupport
import Testing
import TokenTestSupport

extension EndToEnd {
    /// A shop whose gateway asks for tokens: each caller buys, and sees what is theirs, in processes as they are deployed.
    @Suite struct GatewayOwnershipTests {
        private static let secret = "0123456789abcdef-a-secret-of-the-till"

        private static func token(_ subject: String, _ roles: String) -> [String: String] {
            let claims = #"{"iss":"till","sub":"\#(subject)","aud":"shop","exp":9999999999,"roles":"\#(roles)"}"#
            let token = TokenText.signed(#"{"alg":"HS256"}"#, claims, secret: Array(secret.utf8))
            return ["Authorization": "Bearer \(token)"]
        }

        @Test func a_customer_buys_through_the_gateway_and_nobody_else_sees_it() async throws {
            let shop = try ShopUnderTest([
                "gateway": [
                    "default-filters: [RequireToken]",
                    "access: {issuers: [{issuer: till, audience: shop, secret: \(Self.secret)}]}",
                ]
            ])
            try await shop.up()
            let (anna, eve) = (Self.token("anna", "customer"), Self.token("eve", ""))
            let (sari, budi) = (Self.token("sari", "seller branch:1"), Self.token("budi", "seller branch:2"))
            let olga = Self.token("olga", "operator")

            let body = #"{"branchId":1,"sauceId":1,"qty":10,"price":10000}"#
            let placed = try await HTTP.post(shop.url("gateway", "/orders"), body, headers: anna)
            #expect(placed.status == 201, "\(placed.text)")
            let id = try #require(placed.json["id"].string)
            #expect(placed.json["owner"]["subject"].string == "anna")
            try await eventually("the order is at its end") { try await shop.isAtItsEnd(id) }

            func status(_ path: String, _ caller: [String: String]) async throws -> Int {
                try await HTTP.send("GET", shop.url("gateway", path), headers: caller).status
            }
            func total(_ path: String, _ caller: [String: String]) async throws -> Int? {
                try await HTTP.send("GET", shop.url("gateway", path), headers: caller).json["page"]["totalElements"].int
            }
            #expect(try await status("/orders/\(id)", [:]) == 401)
            for (caller, expected) in [(anna, 200), (eve, 404), (sari, 200), (budi, 404), (olga, 200)] {
                #expect(try await status("/orders/\(id)", caller) == expected)
                #expect(try await status("/orderDashboards/\(id)", caller) == expected)
                for list in ["/orders", "/orderDashboards", "/deliveries"] {
                    #expect(try await total(list, caller) == (expected == 200 ? 1 : 0), "\(list)")
                }
            }
            for (caller, expected) in [(anna, 1), (eve, 0), (sari, 0), (olga, 1)] {
                #expect(try await total("/payments", caller) == expected)
            }
            // A caller who writes the fields of another is still who the token says.
            var forged = eve
            for (name, value) in ["": "anna", "-Issuer": "till", "-Roles": "operator"] {
                forged["Sambal-Caller\(name)"] = value
            }
            #expect(try await status("/orders/\(id)", forged) == 404)
            // On its own port a service asks nobody, as the commands of the first start expect.
            #expect(try await HTTP.get(shop.url("order", "/orders/\(id)")).status == 200)
        }
    }
}
