import Foundation
import Kernel
import PlatformTestSupport
import Storage
import Synchronization
import Testing

@testable import SambalProgram
@testable import StorageLMDB
@testable import StorageSQLite

/// Snapshots of several stores in one moment, while others write to them.
@Suite struct BackupCutTests {
    private static let table = CollectionSchema(
        name: "t", fields: [FieldSchema(name: "n", type: .integer, isUnique: false, isIndexed: true)])
    private static let migrations = [Migration(1, "one", [.create(table)])]

    /// Each number is stored in the first store, then in the second, then in the third: at every moment, and so in every cut,
    /// a store has at most as many as the one before it, and at most one fewer.
    @Test func a_cut_sees_all_stores_in_one_moment() async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            let engines: [DatabaseEngine] = [
                .sqlite(file: directory.file("a.db")), .lmdb(folder: directory.file("b")),
                .sqlite(file: directory.file("c.db")),
            ]
            let stores = try engines.map { try $0.open(loop: loop) }
            for store in stores { try await store.migrate(Self.migrations) }
            let writing = Writing()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 1...20_000 where writing.isRunning.load(ordering: .relaxed) {
                        for store in stores {
                            try await store.transaction { tx in
                                try await tx.insert(Self.record(number), into: Self.table)
                            }
                        }
                        writing.written.store(number, ordering: .relaxed)
                    }
                }
                defer { writing.isRunning.store(false, ordering: .relaxed) }
                for number in 1...8 {
                    let target = writing.written.load(ordering: .relaxed) + 20
                    try await eventually(on: loop) { writing.written.load(ordering: .relaxed) >= target }
                    let counts = try await Self.cut(of: directory, into: directory.file("copy-\(number)"), loop)
                    #expect(counts[0] >= counts[1] && counts[1] >= counts[2] && counts[0] - counts[2] <= 1, "\(counts)")
                    #expect(counts[0] >= target)
                }
            }
            for store in stores { await store.close() }
        }
    }

    private final class Writing: Sendable {
        let isRunning = Atomic(true)
        let written = Atomic(0)
    }

    private static func record(_ number: Int) -> Record {
        Record(id: "\(number)", version: 1, document: Array("{}".utf8), fields: [.integer(Int64(number))])
    }

    /// Copies all three in one cut, opens the copies, and returns the number of records of each.
    private static func cut(of directory: TemporaryDirectory, into target: String, _ loop: any Loop) async throws
        -> [Int]
    {
        // LMDB's environments are opened once in a process: this one shares that of the store, as no other program would.
        let worker = loop.makeWorker(named: "backup")
        defer { worker.stop() }
        try await worker.run {
            let snapshots: [any StoreSnapshot] = [
                try SQLiteSnapshot(path: directory.file("a.db")), try LMDBSnapshot(folder: directory.file("b")),
                try SQLiteSnapshot(path: directory.file("c.db")),
            ]
            defer { for snapshot in snapshots { snapshot.close() } }
            _ = try BackupCut(loop: loop).take(of: snapshots) {}
            for (snapshot, path) in zip(snapshots, ["a.db", "b/data.mdb", "c.db"]) {
                let file = URL(filePath: target + "/" + path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                var bytes = Data()
                try snapshot.copy(by: target + "/draft") { bytes.append(contentsOf: $0) }
                try bytes.write(to: file)
                #expect(try snapshot.size() == bytes.count || path.hasSuffix(".mdb"))
            }
        }
        var counts: [Int] = []
        for engine in [
            DatabaseEngine.sqlite(file: target + "/a.db"), .lmdb(folder: target + "/b"),
            .sqlite(file: target + "/c.db"),
        ] {
            let copy = try engine.open(loop: loop)
            #expect(try await copy.integrityFaults().isEmpty)
            counts.append(try await copy.read { try await $0.count(Self.table, where: []) })
            await copy.close()
        }
        return counts
    }

    @Test func a_store_that_is_held_for_long_ends_the_attempt_and_keeps_nobody_out() async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            let path = directory.file("a.db")
            let store = try DatabaseEngine.sqlite(file: path).open(loop: loop)
            try await store.migrate(Self.migrations)
            let other = try SQLiteSnapshot(path: path)
            #expect(try other.tryHold())
            let waiting = try SQLiteSnapshot(path: path)
            #expect(try !waiting.tryHold())
            other.release()
            #expect(try waiting.tryHold())
            waiting.close()
            try await store.transaction { tx in try await tx.insert(Self.record(1), into: Self.table) }
            other.close()
            await store.close()
        }
    }
}
