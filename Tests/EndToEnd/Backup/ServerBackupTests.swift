import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// Backups of a shop with a store on a database server.
    @Suite struct ServerBackupTests {
        static let servers = ["POSTGRES", "MARIADB", "MONGODB"].compactMap {
            ProcessInfo.processInfo.environment["TEST_\($0)_URL"]
        }

        private static func own(_ url: String) -> String {
            "\(url)\(url.contains("?") ? "&" : "?")schema=b\(UInt32.random(in: .min ... .max))"
        }

        @Test(arguments: servers)
        func a_stopped_shop_is_restored_from_a_server_to_a_file_and_brought_to_a_server_again(url: String) async throws
        {
            let folder = TemporaryDirectory()
            let backups = URL(filePath: folder.file("backups"))
            let shop = try ShopUnderTest(["order": ["database: \(Self.own(url))"]], layout: .together)
            let ids = try await shop.withOrders(4) { ids async throws in
                let early = try await shop.run(["backup", backups.path()] + shop.here)
                #expect(early.status == 1 && early.output.contains("Stop the shop first"), "\(early.output)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: backups.path()) == [".lock"])
                return ids
            }
            _ = try await shop.backUp(to: backups)

            let again = try ShopUnderTest(layout: .together)
            try await again.restore(from: backups, [])
            let place = Self.own(url)
            let copied = try await again.run(
                ["copy", "order", "--from", "sqlite:\(again.data.appending(path: "order.db").path())", "--to", place])
            #expect(copied.status == 0, "\(copied.output)")
            try again.configure("order", ["database: \(place)"])
            try await again.withOrders(1) { new async throws in
                #expect(Set(try await again.orders().compactMap { $0["id"].string }) == Set(ids + new))
                for id in ids + new { #expect(try await again.charges(of: id) == 1, "\(id)") }
                #expect(try await again.booksAgree())
            }
        }
    }
}
