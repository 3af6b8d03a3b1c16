import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// An order from its placing to its end, as a newcomer tries it.
    @Suite struct FlowTests {
        @Test(arguments: Layout.allCases)
        func an_order_is_placed_paid_delivered_notified_and_seen(_ layout: Layout) async throws {
            let shop = try ShopUnderTest(layout: layout)
            try await shop.up()

            let placed = try await shop.place()
            #expect(placed.status == 201)
            let id = try #require(placed.json["id"].string)
            #expect(placed.headers["location"] == shop.url("order", "/orders/\(id)").absoluteString)
            #expect(placed.headers["content-type"] == "application/hal+json")
            #expect(placed.json["_links"]["self"]["href"].string == placed.headers["location"])
            #expect(placed.json["qty"].int == 10)
            #expect(placed.json["amount"].int == 100_000)

            // On Kafka, a group that has just begun may still wait for its members.
            let limit: Duration = layout == .together ? .seconds(1) : .seconds(30)
            try await eventually("the delivery is there", within: limit) {
                try await shop.all("delivery", "/deliveries", "deliveries").contains { $0["orderId"].string == id }
            }
            try await eventually("the order is at its end") { try await shop.isAtItsEnd(id) }
            let row = try await shop.dashboard(id)
            #expect(row["isPaid"].bool == true)
            #expect(row["paidAt"].isPresent)
            #expect(row["deliveryStatus"].string == "STARTED")

            let throughGateway = try await HTTP.get(shop.url("gateway", "/orders"))
            #expect(throughGateway.json["_embedded"]["orders"][0]["id"].string == id)
            #expect(
                throughGateway.json["_embedded"]["orders"][0]["_links"]["self"]["href"].string
                    == shop.url("gateway", "/orders/\(id)").absoluteString)
            #expect(try await shop.charges(of: id) == 1)
            #expect(try shop.mails(about: id).count == 1)
        }

        @Test func seller_and_buyer_are_told_where_the_order_says_how() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            let placed = try await shop.place(
                #"{"branchId": 1, "sauceId": 1, "qty": 1, "price": 5000, "email": "buyer@example.com"}"#)
            let id = try #require(placed.json["id"].string)
            try await eventually("two messages are sent") { try await shop.dashboard(id)["messagesSent"].int == 2 }
            #expect(try shop.mails(about: id).count == 2)
        }

        @Test func a_second_start_finds_the_data_of_the_first() async throws {
            let shop = try ShopUnderTest()
            let first = try await shop.up()
            let id = try #require(try await shop.place().json["id"].string)
            try await eventually("the order is at its end") { try await shop.isAtItsEnd(id) }
            #expect(first.end() == 0)

            try await shop.up()
            #expect(try await HTTP.get(shop.url("order", "/orders/\(id)")).json["status"].string == "PAID")
            #expect(try await shop.isAtItsEnd(id))
            #expect(try shop.mails(about: id).count == 1)
        }

        @Test func the_demo_adds_up() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            let demo = try await shop.run([
                "demo", "--orders", "40", "--gateway", shop.url("gateway", "").absoluteString, "--psp",
                shop.url("psp", "").absoluteString,
            ])
            #expect(demo.status == 0, "\(demo.output)")
            #expect(demo.output.contains("It adds up"))
        }

        @Test func each_service_runs_as_a_process_of_its_own() async throws {
            let shop = try ShopUnderTest()
            for service in ShopUnderTest.services { try await shop.serve(service) }
            let placed = try await shop.place(through: "gateway")
            #expect(placed.status == 201, "\(placed.text)")
            let id = try #require(placed.json["id"].string)
            try await eventually("the order is at its end") { try await shop.isAtItsEnd(id) }
            #expect(try await shop.charges(of: id) == 1)
        }
    }
}
