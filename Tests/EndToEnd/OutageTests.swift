import Foundation
import Testing

extension EndToEnd {
    /// A service is down while orders come in.
    @Suite struct OutageTests {
        @Test func with_delivery_down_orders_go_on_and_it_catches_up() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            try await shop.command("stop", "delivery")
            await #expect(throws: (any Error).self) { try await HTTP.get(shop.url("delivery", "/deliveries")) }
            #expect(try await HTTP.get(shop.url("gateway", "/deliveries")).status == 503)

            var ids: [String] = []
            for _ in 0..<5 {
                let placed = try await shop.place()
                #expect(placed.status == 201)
                ids.append(try #require(placed.json["id"].string))
            }
            for id in ids {
                try await eventually("\(id) is paid") {
                    try await HTTP.get(shop.url("order", "/orders/\(id)")).json["status"].string == "PAID"
                }
                #expect(try await shop.dashboard(id)["deliveryId"].isPresent == false)
            }

            try await shop.command("start", "delivery")
            for id in ids { try await eventually("\(id) is delivered") { try await shop.isAtItsEnd(id) } }
            #expect(try await shop.all("delivery", "/deliveries", "deliveries").count == ids.count)
        }

        @Test func with_payment_down_no_order_stands_and_afterwards_it_does() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            try await shop.command("stop", "payment")
            let refused = try await shop.place(key: "PAY-LATER-1")
            #expect(refused.status == 503)
            #expect(refused.headers["content-type"] == "application/problem+json")
            #expect(refused.headers["retry-after"] != nil)
            #expect(try await shop.orders().isEmpty)

            try await shop.command("start", "payment")
            let placed = try await shop.place(key: "PAY-LATER-1")
            #expect(placed.status == 201)
            let id = try #require(placed.json["id"].string)
            try await eventually("the order is at its end") { try await shop.isAtItsEnd(id) }
            #expect(try await shop.charges(of: id) == 1)
            #expect(try await shop.orders().count == 1)
        }

        @Test func with_the_provider_down_no_order_stands() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            try await shop.command("stop", "psp")
            #expect(try await shop.place().status == 503)
            #expect(try await shop.orders().isEmpty)
            try await shop.command("start", "psp")
            #expect(try await shop.place().status == 201)
        }

        @Test func liveness_and_readiness_are_told_apart() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            try await shop.command("stop", "payment")
            // A dependency that is down fails neither: order answers 503 to its callers by itself.
            #expect(try await HTTP.get(shop.url("order", "/livez")).status == 200)
            #expect(try await HTTP.get(shop.url("order", "/readyz")).status == 200)
        }
    }
}
