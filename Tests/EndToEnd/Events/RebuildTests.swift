import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// A read model built anew while it is read, and the log followed, on both engines.
    @Suite struct RebuildTests {
        @Test(.timeLimit(.minutes(2)), arguments: EventEngineUnderTest.allCases)
        func a_dashboard_is_rebuilt_while_it_is_read(engine: EventEngineUnderTest) async throws {
            let log = LogUnderTest(engine)
            defer { log.end() }
            let shop = try ShopUnderTest(common: log.configuration)
            let process = try await shop.up()
            var ids: [String] = []
            for _ in 0..<5 { ids.append(try #require(try await shop.place().json["id"].string)) }
            for id in ids { try await eventually("\(id) is at its end") { try await shop.isAtItsEnd(id) } }
            let before = try await rows(shop)
            #expect(before.count == 5)
            let words = ["rebuild", "dashboard", "--config", shop.configuration.path()]
            // While it is built, the old rows are there and new orders come.
            async let rebuilt = shop.run(words)
            var reads = 0
            repeat {
                #expect(try await rows(shop).count >= 5)
                reads += 1
            } while try await progress(shop)["generation"].int == 0 && reads < 500
            #expect(try await rebuilt.status == 0)
            let after = try await rows(shop)
            for id in ids { #expect(after[id] == before[id], "\(id)") }
            // The new rows are kept up to date, across a start of the service, and a second time on the first side.
            ids.append(try #require(try await shop.place().json["id"].string))
            try await eventually("the next order is seen") { try await shop.isAtItsEnd(ids[5]) }
            #expect(process.end() == 0)
            try await shop.up()
            #expect(try await progress(shop)["generation"].int == 1)
            #expect(try await rows(shop).count == 6)
            #expect(try await shop.run(words).status == 0)
            #expect(try await progress(shop)["generation"].int == 2)
            #expect(try await rows(shop).count == 6)
            ids.append(try #require(try await shop.place().json["id"].string))
            try await eventually("one more order is seen") { try await shop.isAtItsEnd(ids[6]) }
            #expect(try await shop.metric("dashboard", "sambal_dead_letters") == 0)
        }

        @Test(.timeLimit(.minutes(1)), arguments: EventEngineUnderTest.allCases)
        func the_log_can_be_followed(engine: EventEngineUnderTest) async throws {
            let log = LogUnderTest(engine)
            defer { log.end() }
            let shop = try ShopUnderTest(common: log.configuration)
            try await shop.up()
            let (first, second) = (
                try #require(try await shop.place().json["id"].string),
                try #require(try await shop.place().json["id"].string)
            )
            for id in [first, second] {
                try await eventually("\(id) is at its end") { try await shop.isAtItsEnd(id) }
            }
            let place = ["--config", shop.configuration.path(), "--data", shop.data.path(), "--since", "begin"]
            let tail = try await shop.run(
                ["events", "tail", "--key", second, "--type", "OrderPaid", "--format", "json", "--events", "1"] + place)
            #expect(tail.status == 0, "\(tail.output)")
            let event = try #require(tail.output.split(separator: "\n").first { $0.contains("specversion") })
            let line = JSONValue(Data(event.utf8))
            #expect(line["subject"].string == second)
            #expect(line["type"].string == "sambal.order.OrderPaid.v1")
            #expect(line["data"]["order"]["orderId"].string == second)
            let wrong = try await shop.run(["events", "tail", "--type", "Nonsense"] + place)
            #expect(wrong.status == 2)
        }

        private func rows(_ shop: ShopUnderTest) async throws -> [String: String] {
            let items = try await shop.all("dashboard", "/orderDashboards", "orderDashboards")
            return Dictionary(
                uniqueKeysWithValues: items.map { row in
                    let words = [
                        row["status"].string, row["deliveryStatus"].string, row["paidAt"].string,
                        row["messagesSent"].int.map(String.init), row["amount"].int.map(String.init),
                    ]
                    return (row["orderId"].string ?? "", words.map { $0 ?? "-" }.joined(separator: " "))
                })
        }

        private func progress(_ shop: ShopUnderTest) async throws -> JSONValue {
            try await HTTP.get(shop.url("dashboard", "/rebuild")).json
        }
    }
}
