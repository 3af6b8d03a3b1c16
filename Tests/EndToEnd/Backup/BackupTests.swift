import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// Backups of a shop under load, each restored elsewhere. `BACKUP_MOMENTS` says how many.
    @Suite struct BackupTests {
        private static let moments = Int(ProcessInfo.processInfo.environment["BACKUP_MOMENTS"] ?? "") ?? 5

        @Test(.timeLimit(.minutes(40)))
        func each_moment_of_a_shop_under_load_is_restored_and_adds_up() async throws {
            try #require(Profile.name == nil, "the test chooses its databases itself")
            let folder = TemporaryDirectory()
            let backups = URL(filePath: folder.file("backups"))
            let key = folder.file("key")
            try Data((String(repeating: "0123456789abcdef", count: 4) + "\n").utf8).write(to: URL(filePath: key))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
            let shop = try ShopUnderTest.forBackups()
            let running = try await shop.up()
            try await shop.stock(pieces: ShopSums.stock)
            try await shop.setFaults(#"{"lostReplies": 0.05, "callbackDeliveries": 2}"#)
            let load = BackupLoad(shop, customer: try await shop.customer())
            var (made, pauses) = ([(id: String, options: [String])](), [Int]())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await load.run(clients: 6) }
                defer { load.stop() }
                for number in 0..<Self.moments {
                    let target = load.requests + Int.random(in: 5...30)
                    try await eventually("the shop is busy") { load.requests >= target }
                    // A third is encrypted; of each kind, all but the first rest on the one before.
                    let isSealed = number % 3 == 2
                    let options = isSealed ? ["--key-file", key] : []
                    let base = made.last { $0.options == options }.map { ["--since", $0.id] } ?? []
                    let backup = try await shop.backUp(to: backups, options + base)
                    made.append((backup.id, options))
                    pauses.append(backup.pause)
                }
            }
            try await shop.setFaults(#"{"lostReplies": 0}"#)
            #expect(load.failures.isEmpty, "\(load.failures.count) of \(load.requests): \(load.failures.prefix(3))")
            try await shop.becomeQuiet()
            let last = try await shop.sums()
            try await shop.expectExactlyOnce(last, "the original")
            let verified = try await shop.run(["backup", "verify", backups.path(), "--key-file", key])
            #expect(verified.status == 0, "\(verified.output)")

            // The same shop twice on one machine would charge twice.
            let beside = try ShopUnderTest.forBackups()
            try await beside.restore(from: backups, ["--at", made[0].id] + made[0].options)
            try beside.useLMDB()
            let refused = try await beside.start()
            #expect(refused.status == 1 && refused.output.contains("shop-runs-twice"), "\(refused.output)")

            #expect(running.end() == 0)
            var sizes: [Int] = []
            for (number, backup) in made.enumerated() {
                sizes.append(
                    try await check(backup.id, backup.options, in: backups, against: last, "moment \(number + 1)"))
            }
            report(
                "backups: \(made.count) moments over \(load.requests) requests, \(sizes.min() ?? 0) to \(sizes.max() ?? 0) "
                    + "orders; writers waited for \(pauses.sorted()[pauses.count / 2]) µs in the middle, "
                    + "\(pauses.max() ?? 0) at most; the longest request took \(load.longest)")
        }

        /// Restores one backup to other ports, runs it until nothing is under way, and compares its sums. Returns the number
        /// of its orders.
        private func check(
            _ id: String, _ options: [String], in folder: URL, against last: ShopSums, _ what: String
        ) async throws -> Int {
            let shop = try ShopUnderTest.forBackups()
            try await shop.restore(from: folder, ["--at", id] + options)
            let running = try await shop.up()
            try await shop.setFaults(#"{"lostReplies": 0, "callbackDeliveries": 1}"#)
            try await shop.becomeQuiet()
            let sums = try await shop.sums()
            try await shop.expectExactlyOnce(sums, what)
            #expect(Set(sums.orders.keys).isSubset(of: last.orders.keys), "\(what)")
            // An order that has come to the same end was told of to the same people.
            for (order, status) in sums.orders where last.orders[order] == status {
                #expect(sums.mails[order] == last.mails[order], "\(what): \(order)")
            }
            #expect(running.end() == 0, "\(what)")
            return sums.orders.count
        }

        /// The provider's book goes on while the shop is restored to an older moment: as with every real provider.
        @Test func money_that_moved_after_the_moment_becomes_differences_that_end() async throws {
            try #require(Profile.name == nil, "the test chooses its databases itself")
            let folder = TemporaryDirectory()
            let backups = URL(filePath: folder.file("backups"))
            let shop = try ShopUnderTest(layout: .together)
            var running = try await shop.up()
            for _ in 0..<3 { #expect(try await shop.place().status == 201) }
            _ = try await shop.backUp(to: backups)
            var lost: [String] = []
            for _ in 0..<2 { lost.append(try #require(try await shop.place().json["id"].string)) }
            for id in lost { try await eventually("\(id) is at its end") { try await shop.isAtItsEnd(id) } }
            #expect(running.end() == 0)
            try shop.copy("psp.db", to: URL(filePath: folder.path))

            let again = try ShopUnderTest(layout: .together)
            try await again.restore(from: backups, [])
            try again.remove("psp.db")
            try FileManager.default.copyItem(
                at: URL(filePath: folder.file("psp.db")), to: again.data.appending(path: "psp.db"))
            running = try await again.up()
            try await again.becomeQuiet()
            #expect(try await again.orders().count == 3)
            let differences = try await differences(of: again)
            #expect(Set(differences.compactMap { $0["orderId"].string }) == Set(lost), "\(differences)")
            #expect(differences.allSatisfy { $0["kind"].string == "MISSING_HERE" && $0["state"].string == "OPEN" })
            for id in try await again.orders().compactMap({ $0["id"].string }) {
                #expect(try await again.charges(of: id) == 1, "\(id)")
            }
            for difference in differences {
                let id = try #require(difference["id"].string)
                let path = "/api/differences/\(id.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? id)"
                let answer = try await HTTP.post(
                    again.url("payment", path + "/explanation"),
                    #"{"by": "ann", "reason": "lost with the last minutes before the restore; refunded by hand"}"#)
                #expect(answer.status == 200, "\(answer.text)")
            }
            #expect(try await again.booksAgree())
            #expect(running.end() == 0)
        }

        private func differences(of shop: ShopUnderTest) async throws -> [JSONValue] {
            _ = try await shop.run(["reconcile", "--payment", shop.url("payment", "").absoluteString])
            return try await shop.all("payment", "/api/differences", "differences")
        }

        @Test func a_backup_or_restore_that_is_killed_leaves_nothing_that_looks_whole() async throws {
            try #require(Profile.name == nil, "the test chooses its databases itself")
            let folder = TemporaryDirectory()
            let backups = folder.file("backups")
            let shop = try ShopUnderTest(layout: .together)
            let ids = try await shop.withOrders(3) { ids async throws in
                for _ in 0..<5 {
                    let process = try shop.begin(["backup", backups])
                    try await eventually("a draft is being written") {
                        let names = (try? FileManager.default.contentsOfDirectory(atPath: backups)) ?? []
                        return names.contains { $0.hasPrefix(".draft-") } || !process.isRunning
                    }
                    process.killNow()
                    let verified = try await shop.run(["backup", "verify", backups])
                    #expect(verified.status == 0, "\(verified.output)")
                }
                _ = try await shop.backUp(to: URL(filePath: backups))
                return ids
            }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: backups).allSatisfy { !$0.hasPrefix(".draft-") })
            let again = try ShopUnderTest(layout: .together)
            let lines = try Data(contentsOf: again.configuration)
            try FileManager.default.removeItem(at: again.data)
            let mark = again.data.appending(path: "restore.unfinished").path()
            for _ in 0..<3 {
                let process = Process()
                process.executableURL = ShopUnderTest.program
                process.arguments = ["restore", backups, "--data", again.data.path()]
                process.standardOutput = FileHandle.nullDevice
                try process.run()
                try await eventually("the restore has begun") {
                    FileManager.default.fileExists(atPath: mark) || !process.isRunning
                }
                process.killNow()
                guard FileManager.default.fileExists(atPath: mark) else {
                    // It was faster: begin with an empty folder again.
                    try FileManager.default.removeItem(at: again.data)
                    continue
                }
                let early = try await again.run(["up", "--data", again.data.path()])
                #expect(early.status == 1 && early.output.contains("has not ended"), "\(early.output)")
            }
            let done = try await again.run(["restore", backups, "--data", again.data.path()])
            #expect(done.status == 0, "\(done.output)")
            try lines.write(to: again.configuration)
            let full = try await again.run(["restore", backups, "--data", again.data.path()])
            #expect(full.status == 2 && full.output.contains("is not empty"), "\(full.output)")
            try await again.withOrders(1) { new async throws in
                #expect(Set(try await again.orders().compactMap { $0["id"].string }) == Set(ids + new))
                for id in ids + new { #expect(try await again.charges(of: id) == 1) }
            }
        }

        @Test func a_store_elsewhere_is_backed_up_with_the_shops_configuration_alone() async throws {
            try #require(Profile.name == nil, "the test chooses its databases itself")
            let folder = TemporaryDirectory()
            let backups = URL(filePath: folder.file("backups"))
            let shop = try ShopUnderTest(layout: .together)
            try shop.configure("order", ["database: sqlite:\(folder.file("order.db"))"])
            let ids = try await shop.withOrders(2) { $0 }
            let refused = try await shop.run(["backup", backups.path(), "--data", shop.data.path()])
            #expect(refused.status == 1 && refused.output.contains("--config"), "\(refused.output)")
            let left = (try? FileManager.default.contentsOfDirectory(atPath: backups.path())) ?? []
            #expect(left.allSatisfy { $0.hasPrefix(".") && !$0.hasPrefix(".draft-") }, "\(left)")
            // A former store that was left where the backup's copy of the new one belongs.
            try Data("a former store".utf8).write(to: shop.data.appending(path: "order.db"))
            _ = try await shop.backUp(to: backups)
            let again = try ShopUnderTest(layout: .together)
            try await again.restore(from: backups, [])
            try await again.withOrders(1) { new async throws in
                #expect(Set(try await again.orders().compactMap { $0["id"].string }) == Set(ids + new))
            }
        }
    }
}
