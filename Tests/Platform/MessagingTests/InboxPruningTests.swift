import Kernel
import PlatformTestSupport
import Storage
import StorageSQLite
import Testing

@testable import Messaging

@Suite struct InboxPruningTests {
    private static let keeping = Duration.seconds(7 * 86_400)
    private static let migrations = [Migration(1, "inbox", [.create(Inbox.schema)])]

    /// Runs as many seconds as asked for, in each of which so many notes become old and as many events are handled; gives
    /// how many old notes there were at the end of each.
    private static func oldNotes(perSecond rate: Int, seconds: Int) async throws -> [Int] {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let database = try SQLiteDatabase(path: directory.file("inbox.db"), loop: loop)
            try await database.migrate(migrations)
            let pruning = InboxPruning(keeping: keeping, loop: loop)
            var counts: [Int] = []
            for second in 0..<seconds {
                let time = loop.now - keeping - .milliseconds(1)
                try await database.transaction { tx in
                    for number in 0..<rate {
                        let record = Record(
                            id: "test|/shop|\(second)-\(number)", version: 1, document: [], fields: [FieldValue(time)])
                        try await tx.insert(record, into: Inbox.schema)
                    }
                }
                for _ in 0..<8 { await pruning.run(database, handled: rate / 8) }
                counts.append(try await database.read { try await $0.count(Inbox.schema, where: []) })
                try await loop.sleep(for: .seconds(1))
            }
            await database.close()
            return counts
        }
    }

    @Test func notes_go_as_fast_as_they_come() async throws {
        let counts = try await Self.oldNotes(perSecond: 2_000, seconds: 40)
        // What comes between two looks, and not a second look's worth on top of it.
        #expect(counts.allSatisfy { $0 <= 2_000 * 12 }, "\(counts)")
        #expect(counts.suffix(15).contains { $0 < 2_000 }, "\(counts)")
    }

    @Test func young_notes_stay() async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let database = try SQLiteDatabase(path: directory.file("inbox.db"), loop: loop)
            try await database.migrate(Self.migrations)
            let pruning = InboxPruning(keeping: Self.keeping, loop: loop)
            let (old, young) = (loop.now - Self.keeping - .seconds(60), loop.now - Self.keeping + .seconds(3600))
            try await database.transaction { tx in
                for (id, time) in [("old", old), ("young", young)] {
                    try await tx.insert(
                        Record(id: id, version: 1, document: [], fields: [FieldValue(time)]), into: Inbox.schema)
                }
            }
            try await loop.sleep(for: .seconds(20))
            await pruning.run(database, handled: 1)
            let left = try await database.read { try await $0.query(Inbox.schema, Query(limit: 10)).map(\.id) }
            #expect(left == ["young"])
            await database.close()
        }
    }
}
