import Foundation
import Testing

extension EndToEnd {
    /// The shop on other databases than its own default.
    @Suite struct DatabaseTests {
        private static let services = [
            "product", "customer", "cart", "order", "payment", "delivery", "dashboard",
            "notification", "psp",
        ]

        /// `nil` stands for a folder of LMDB. The others are there when the environment names a server.
        static let servers =
            [nil]
            + ["TEST_POSTGRES_URL", "TEST_MARIADB_URL", "TEST_MONGODB_URL"].compactMap {
                ProcessInfo.processInfo.environment[$0]
            }

        @Test(arguments: servers) func after_a_kill_every_accepted_order_is_there_and_is_charged_once(
            server: String?
        ) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "sambal-test-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            // What an earlier run has left in the server must not be taken for this one's.
            let mark = "\(UInt32.random(in: .min ... .max))"
            func database(_ service: String) -> String {
                server.map { "\($0)\($0.contains("?") ? "&" : "?")schema=\(service)_\(mark)" }
                    ?? "lmdb:\(folder.path())/\(service)"
            }
            let settings = [
                "order": ["settleAfter: 1s", "settleInterval: 200ms"],
                "payment": [
                    "providerTimeout: 1s", "retryDelay: 500ms", "resolveInterval: 200ms", "confirmationTimeout: 2s",
                ],
                "notification": ["timeout: 1s"],
            ]
            let sections = Dictionary(
                uniqueKeysWithValues: Self.services.map { service in
                    (service, (settings[service] ?? []) + ["database: \(database(service))"])
                })
            let shop = try ShopUnderTest(sections)
            let process = try await shop.up()
            var ids: [String] = []
            for number in 0..<30 {
                let answer = try await shop.place(key: "DATABASE-\(number)")
                if let id = answer.json["id"].string { ids.append(id) }
            }
            #expect(ids.count == 30)
            process.killNow()
            try await shop.up()
            for id in ids {
                try await eventually("\(id) is at its end", within: .seconds(60)) { try await shop.isAtItsEnd(id) }
            }
            // The same keys again are the same orders.
            for (number, id) in ids.enumerated() {
                #expect(try await shop.place(key: "DATABASE-\(number)").json["id"].string == id)
            }
            let charged = Dictionary(grouping: try await shop.charges()) { $0["orderId"].string ?? "" }
            #expect(Set(charged.keys) == Set(ids))
            #expect(charged.values.allSatisfy { $0.count == 1 })
        }
    }
}
