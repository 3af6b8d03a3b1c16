import Foundation
import Kernel
import Messaging
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// An event that nobody can handle: set aside, its order waits, the others go on; a person puts it right.
    @Suite struct PoisonEventTests {
        /// Who hears that something was shipped.
        private static let hearers = ["order", "notification", "dashboard"]

        @Test(.timeLimit(.minutes(2)), arguments: EventEngineUnderTest.allCases)
        func a_poisoned_order_waits_and_ends_well_once_the_event_is_edited(engine: EventEngineUnderTest) async throws {
            let log = LogUnderTest(engine)
            defer { log.end() }
            let shop = try ShopUnderTest(common: log.configuration + ["deadLetters: {retries: 3}"])
            try await shop.up()
            let poisoned = try await place(in: shop)
            let delivery = try #require(try await shop.dashboard(poisoned)["deliveryId"].string)
            let poison = CloudEvent(
                id: "poison-1", source: "/elsewhere", type: "sambal.delivery.DeliveryShipped.v1", subject: poisoned,
                time: Timestamp(milliseconds: 1_800_000_000_000), sequence: 1,
                data: Data(#"{"deliveryId":"x","shippedAt":"yesterday"}"#.utf8))
            try await log.append([poison], to: shop)
            for service in Self.hearers {
                try await eventually("\(service) has set it aside", within: .seconds(40)) {
                    try await count(shop, service) == 1
                }
            }
            // What follows in the same order waits behind it; another order does not.
            #expect(try await HTTP.post(shop.url("delivery", "/deliveries/\(delivery)/ship"), "{}").status == 200)
            for service in Self.hearers {
                try await eventually("\(service) lets the next event wait") { try await count(shop, service) == 2 }
            }
            let other = try await place(in: shop)
            let otherDelivery = try #require(try await shop.dashboard(other)["deliveryId"].string)
            #expect(try await HTTP.post(shop.url("delivery", "/deliveries/\(otherDelivery)/ship"), "{}").status == 200)
            try await eventually("the other order is shipped") { try await status(other, shop) == "SHIPPED" }
            #expect(try await status(poisoned, shop) == "PAID")

            try await putRight(poisoned, delivery, shop)
            try await eventually("the poisoned order is shipped") { try await status(poisoned, shop) == "SHIPPED" }
            try await eventually("the dashboard knows") {
                try await shop.dashboard(poisoned)["deliveryStatus"].string == "SHIPPED"
            }
            for service in Self.hearers {
                #expect(try await count(shop, service) == 0)
                #expect(try await shop.metric(service, "sambal_dead_letters") == 0)
            }
        }

        /// As an operator does: looks, edits, tries again.
        private func putRight(_ order: String, _ delivery: String, _ shop: ShopUnderTest) async throws {
            let config = ["--config", shop.configuration.path()]
            let listed = try await shop.run(["events", "dead", "list"] + config)
            #expect(listed.status == 0, "\(listed.output)")
            #expect(listed.output.components(separatedBy: order).count == 7, "\(listed.output)")
            let refused = try await shop.run(["events", "dead", "retry", "all", "--subject", order] + config)
            #expect(refused.status == 1, "\(refused.output)")
            let patch = #"{"deliveryId":"\#(delivery)","orderId":"\#(order)","shippedAt":"2026-01-31T08:15:30Z"}"#
            for service in Self.hearers {
                let path = "/dead-letters?state=failed&subject=\(order)"
                let letters = try await HTTP.get(shop.url(service, path)).json["_embedded"]["deadLetters"]
                let id = try #require(letters[0]["id"].string)
                // Four times by itself, and once more for the operator.
                #expect(letters[0]["tries"].int == 5)
                let options = ["--service", service] + config
                let edited = try await shop.run(["events", "dead", "edit", id, "--patch", patch] + options)
                #expect(edited.status == 0, "\(edited.output)")
                let retried = try await shop.run(["events", "dead", "retry", id] + options)
                #expect(retried.status == 0, "\(retried.output)")
                #expect(retried.output.contains("2 handled"), "\(retried.output)")
            }
        }

        private func place(in shop: ShopUnderTest) async throws -> String {
            let id = try #require(try await shop.place().json["id"].string)
            try await eventually("\(id) is at its end") { try await shop.isAtItsEnd(id) }
            return id
        }

        private func status(_ id: String, _ shop: ShopUnderTest) async throws -> String? {
            try await HTTP.get(shop.url("order", "/orders/\(id)")).json["status"].string
        }

        private func count(_ shop: ShopUnderTest, _ service: String) async throws -> Int? {
            try await HTTP.get(shop.url(service, "/dead-letters")).json["page"]["totalElements"].int
        }
    }
}
