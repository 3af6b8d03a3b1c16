import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// A shop whose event log is lost, or was put back to an older state.
    @Suite struct LostLogTests {
        @Test func orders_end_right_after_the_log_was_lost_and_nobody_hears_twice() async throws {
            let shop = try ShopUnderTest(
                [
                    "payment": ["providerTimeout: 300ms", "retryDelay: 200ms", "resolveInterval: 100ms"],
                    "psp": ["lostReplyDelay: 1s"],
                ], layout: .together)
            let running = try await shop.up()
            var ended: [String] = []
            for _ in 0..<4 { ended.append(try #require(try await shop.place().json["id"].string)) }
            for id in ended { try await eventually("\(id) is at its end") { try await shop.isAtItsEnd(id) } }
            let undelivered = try await shop.ordersThatDeliveryNeverHeardOf(3)
            let stuck = try await shop.ordersWhosePaymentNobodyHeardOf(2) + undelivered
            #expect(running.end() == 0)

            try shop.remove("events.db")
            let refused = try await shop.start()
            #expect(refused.status == 1, "\(refused.output)")
            for words in [
                "is gone", "sambal events adopt", "sambal events republish", "docs/runbook.md#event-log-refused",
            ] {
                #expect(refused.output.contains(words), "\(refused.output)")
            }
            #expect(!FileManager.default.fileExists(atPath: shop.data.appending(path: "events.db").path()))

            #expect(try await shop.run(["events", "adopt"] + shop.here).status == 1)
            let adopted = try await shop.run(["events", "adopt", "--confirm", "new"] + shop.here)
            #expect(adopted.status == 0, "\(adopted.output)")
            try await shop.up()
            try await eventually("nothing is left to be handled") {
                try await shop.metric("delivery", "sambal_consumer_lag_events") == 0
            }
            let known = try await shop.all("delivery", "/deliveries", "deliveries").compactMap { $0["orderId"].string }
            #expect(Set(known).isDisjoint(with: undelivered))
            let republished = try await shop.run(["events", "republish"] + shop.here)
            #expect(republished.status == 0 && republished.output.contains("payment"), "\(republished.output)")
            for id in ended + stuck {
                try await eventually("\(id) is at its end") { try await shop.isAtItsEnd(id) }
            }
            let next = try #require(try await shop.place().json["id"].string)
            try await eventually("the next is at its end") { try await shop.isAtItsEnd(next) }
            let all = ended + stuck + [next]
            for id in all {
                #expect(try await shop.charges(of: id) == 1, "\(id)")
                try await eventually("\(id) was told") { try shop.mails(about: id).count == 1 }
            }
            let deliveries = try await shop.all("delivery", "/deliveries", "deliveries")
            #expect(deliveries.compactMap { $0["orderId"].string }.sorted() == all.sorted())
            #expect(try await shop.booksAgree())
        }

        @Test func an_older_copy_of_the_log_makes_consumers_stand_still_and_say_so() async throws {
            let shop = try ShopUnderTest(layout: .together)
            _ = try await shop.withOrders(2) { $0 }
            let aside = shop.data.appending(path: "aside")
            try FileManager.default.createDirectory(at: aside, withIntermediateDirectories: false)
            try shop.copy("events.db", to: aside)
            _ = try await shop.withOrders(2) { $0 }
            try shop.remove("events.db")
            let path = shop.data.appending(path: "events.db")
            try FileManager.default.copyItem(at: aside.appending(path: "events.db"), to: path)

            // The same identity: what tells is that it ends before what was read. Also when it has become longer.
            let running = try shop.upWithoutWaiting()
            var placed: [String] = []
            try await eventually("an order is taken") {
                let answer = try await shop.place()
                guard let id = answer.json["id"].string else { return false }
                placed.append(id)
                return true
            }
            for _ in 0..<6 { placed.append(try #require(try await shop.place().json["id"].string)) }
            for service in ["order", "delivery", "notification", "dashboard"] {
                try await eventually("\(service) is not ready") {
                    let answer = try await HTTP.get(shop.url(service, "/readyz"))
                    return answer.status == 503 && answer.text.contains("docs/runbook.md#event-log-replaced")
                }
            }
            for id in placed { #expect(try await shop.order(id)["status"].string != "PAID") }
            #expect(running.end() == 0)

            let shown = try await shop.run(["events", "adopt"] + shop.here)
            let id = try #require(shown.output.split(whereSeparator: \.isWhitespace).last { $0.hasPrefix("LOG-") })
            #expect(try await shop.run(["events", "adopt", "--confirm", String(id)] + shop.here).status == 0)
            #expect(try await shop.run(["events", "republish"] + shop.here).status == 0)
            try await shop.up()
            for id in placed { try await eventually("\(id) is at its end") { try await shop.isAtItsEnd(id) } }
            for order in try await shop.orders().compactMap({ $0["id"].string }) {
                #expect(try shop.mails(about: order).count == 1, "\(order)")
                #expect(try await shop.charges(of: order) == 1, "\(order)")
            }
            let deliveries = try await shop.all("delivery", "/deliveries", "deliveries")
            #expect(Set(deliveries.compactMap { $0["orderId"].string }).count == deliveries.count)
        }
    }
}

extension ShopUnderTest {
    /// Orders that were paid while delivery and notification were away: the log has it, and they have not heard of it.
    fileprivate func ordersThatDeliveryNeverHeardOf(_ count: Int) async throws -> [String] {
        for service in ["delivery", "notification"] { try await command("stop", service) }
        var ids: [String] = []
        for _ in 0..<count { ids.append(try #require(try await place().json["id"].string)) }
        for id in ids { try await eventually("\(id) is paid") { try await order(id)["status"].string == "PAID" } }
        for service in ["order", "payment"] {
            try await eventually("the log has it all of \(service)") {
                try await metric(service, "sambal_outbox_events") == 0
            }
        }
        return ids
    }

    /// Orders that were charged while the order service was away: it has not heard of it, and the log has.
    fileprivate func ordersWhosePaymentNobodyHeardOf(_ count: Int) async throws -> [String] {
        try await setFaults(#"{"lostReplies": 1, "callbackDelay": "2s"}"#)
        var ids: [String] = []
        for _ in 0..<count {
            let placed = try await place()
            #expect(placed.status == 202)
            ids.append(try #require(placed.json["id"].string))
        }
        try await command("stop", "order")
        try await setFaults(#"{"lostReplies": 0, "callbackDelay": "0s"}"#)
        for id in ids {
            try await eventually("\(id) is charged") {
                let status = try await payment(of: id)["status"].string
                return try await charges(of: id) == 1 && status != "PENDING" && status != "UNKNOWN"
            }
        }
        try await eventually("the log has it all") {
            try await metric("payment", "sambal_outbox_events") == 0
        }
        return ids
    }
}
