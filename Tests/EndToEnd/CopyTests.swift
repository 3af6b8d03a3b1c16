import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// A service that goes on on another engine.
    @Suite struct CopyTests {
        @Test(arguments: CopyTests.targets) func orders_go_on_where_they_were_copied_to(target: String?) async throws {
            let shop = try ShopUnderTest(["order": ["database: sqlite:\(source.path())"]])
            defer { try? FileManager.default.removeItem(at: source.deletingLastPathComponent()) }
            let first = try await shop.up()
            var ids: [String] = []
            for number in 0..<12 {
                ids.append(try #require(try await shop.place(key: "MOVE-\(number)").json["id"].string))
            }
            for id in ids { try await eventually("\(id) is at its end") { try await shop.isAtItsEnd(id) } }
            let mark = "order_\(UInt32.random(in: .min ... .max))"
            let place =
                target.map { "\($0)\($0.contains("?") ? "&" : "?")schema=\(mark)" } ?? "lmdb:\(source.path()).moved"
            let copy = ["copy", "order", "--from", "sqlite:\(source.path())", "--to", place]
            // Not while it runs.
            let early = try await shop.run(copy)
            #expect(early.status == 2 && early.output.contains("stop the service"), "\(early.output)")
            #expect(first.end() == 0)
            let moved = try await shop.run(copy)
            #expect(moved.status == 0, "\(moved.output)")
            #expect(moved.output.contains("orders") && moved.output.contains("Both are the same"))
            let again = try await shop.run(copy)
            #expect(again.status == 2 && again.output.contains("must be empty"), "\(again.output)")

            try await shop.up(environment: ["SAMBAL_ORDER_DATABASE": place])
            #expect(Set(try await shop.orders().compactMap { $0["id"].string }) == Set(ids))
            for (number, id) in ids.enumerated() {
                #expect(try await shop.place(key: "MOVE-\(number)").json["id"].string == id)
            }
            let next = try #require(try await shop.place(key: "MOVE-NEXT").json["id"].string)
            try await eventually("the next is at its end") { try await shop.isAtItsEnd(next) }
            let charged = Dictionary(grouping: try await shop.charges()) { $0["orderId"].string ?? "" }
            #expect(Set(charged.keys) == Set(ids + [next]))
            #expect(charged.values.allSatisfy { $0.count == 1 })
        }

        private let source: URL

        init() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "sambal-move-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            source = folder.appending(path: "order.db")
        }

        /// `nil` stands for LMDB.
        static let targets =
            [nil]
            + ["TEST_POSTGRES_URL", "TEST_MONGODB_URL"].compactMap { ProcessInfo.processInfo.environment[$0] }
    }
}
