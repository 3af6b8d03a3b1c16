import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// A shop that finds other data than it has left.
    @Suite struct StoreIdentityTests {
        @Test func an_empty_database_in_place_of_a_services_own_is_refused_until_its_data_is_moved() async throws {
            let shop = try ShopUnderTest(layout: .together)
            try #require(Profile.name == nil, "the test chooses its databases itself")
            let ids = try await shop.withOrders(5) { $0 }
            let lmdb = shop.data.appending(path: "delivery").path()
            try shop.configure("delivery", ["database: lmdb:\(lmdb)"])
            let refused = try await shop.start()
            #expect(refused.status == 1, "\(refused.output)")
            for words in ["delivery cannot start", "is empty", "sambal copy delivery", "docs/runbook.md#store-refused"]
            {
                #expect(refused.output.contains(words), "\(refused.output)")
            }
            #expect(!FileManager.default.fileExists(atPath: lmdb))

            let sqlite = shop.data.appending(path: "delivery.db").path()
            let moved = try await shop.run(["copy", "delivery", "--from", "sqlite:\(sqlite)", "--to", "lmdb:\(lmdb)"])
            #expect(moved.status == 0, "\(moved.output)")
            let next = try await shop.withOrders(2) { new async throws in
                #expect(try await shop.all("delivery", "/deliveries", "deliveries").count == ids.count + new.count)
                return new
            }
            for id in ids + next { #expect(try shop.mails(about: id).count == 1, "\(id)") }
            // Nor back by mistake.
            try shop.configure("delivery", [])
            let back = try await shop.start()
            #expect(back.status == 1 && back.output.contains("holds another store"), "\(back.output)")
        }

        @Test func a_lost_database_and_an_older_copy_are_refused() async throws {
            let shop = try ShopUnderTest(layout: .together)
            try #require(Profile.name == nil, "the test chooses its databases itself")
            let ids = try await shop.withOrders(3) { $0 }
            let files = FileManager.default
            let aside = shop.data.appending(path: "aside")
            try files.createDirectory(at: aside, withIntermediateDirectories: false)
            try shop.copy("order.db", to: aside)
            try shop.remove("order.db")
            let lost = try await shop.start()
            #expect(lost.status == 1 && lost.output.contains("order cannot start"), "\(lost.output)")
            #expect(lost.output.contains("sambal adopt order") && lost.output.contains("gone"), "\(lost.output)")
            #expect(!files.fileExists(atPath: shop.data.appending(path: "order.db").path()))

            try files.copyItem(at: aside.appending(path: "order.db"), to: shop.data.appending(path: "order.db"))
            let more = try await shop.withOrders(2) { $0 }
            try shop.remove("order.db")
            try files.copyItem(at: aside.appending(path: "order.db"), to: shop.data.appending(path: "order.db"))
            let older = try await shop.start()
            #expect(older.status == 1 && older.output.contains("older copy"), "\(older.output)")

            let shown = try await shop.run(["adopt", "order"] + shop.here)
            #expect(shown.status == 1 && shown.output.contains("nothing was done"), "\(shown.output)")
            let id = try #require(shown.output.split(separator: " ").last { $0.hasPrefix("STORE-") }).trimmed
            #expect(try await shop.run(["adopt", "order", "--confirm", "STORE-1"] + shop.here).status == 2)
            let adopted = try await shop.run(["adopt", "order", "--confirm", id] + shop.here)
            #expect(adopted.status == 0, "\(adopted.output)")
            try await shop.withOrders(1) { _ async throws in
                #expect(try await shop.orders().count == ids.count + 1)
                // What the older copy does not know has still been charged, delivered and told once.
                for id in ids + more { #expect(try await shop.charges(of: id) == 1) }
                let deliveries = try await shop.all("delivery", "/deliveries", "deliveries")
                #expect(deliveries.count == ids.count + more.count + 1)
            }
        }

        @Test func an_adopted_empty_database_tells_nobody_and_delivers_nothing_again() async throws {
            let shop = try ShopUnderTest(layout: .together)
            try #require(Profile.name == nil, "the test chooses its databases itself")
            let ids = try await shop.withOrders(4) { $0 }
            for service in ["notification", "delivery"] {
                try shop.remove("\(service).db")
                let adopted = try await shop.run(["adopt", service, "--confirm", "empty"] + shop.here)
                #expect(adopted.status == 0, "\(adopted.output)")
            }
            try await shop.withOrders(2) { new async throws in
                for id in ids + new { #expect(try shop.mails(about: id).count == 1, "\(id)") }
                #expect(try await shop.all("delivery", "/deliveries", "deliveries").count == new.count)
            }
        }
    }
}

extension Substring {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
