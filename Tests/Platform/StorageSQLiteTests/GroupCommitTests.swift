import Kernel
import PlatformTestSupport
import Runtime
import Storage
import StorageSQLite
import Synchronization
import Testing

@Suite struct GroupCommitTests {
    private static let table = CollectionSchema(name: "t", fields: [])
    private static let migrations = [Migration(1, "one", [.create(table)])]

    private static func record(_ id: String) -> Record { Record(id: id, version: 1, document: [], fields: []) }

    private func withDatabase(
        _ kind: LoopKind, _ body: @escaping @Sendable (SQLiteDatabase, any Loop) async throws -> Void
    ) async throws {
        try await kind.run { loop in
            let directory = TemporaryDirectory()
            let database = try SQLiteDatabase(path: directory.file("t.db"), loop: loop)
            try await database.migrate(Self.migrations)
            try await body(database, loop)
            await database.close()
        }
    }

    @Test func what_waits_together_is_committed_together() async throws {
        try await withDatabase(.simulated) { database, _ in
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<300 {
                    group.addTask {
                        try? await database.transaction {
                            try await $0.insert(Self.record("\(index)"), into: Self.table)
                        }
                    }
                }
            }
            #expect(database.transactions == 300)
            #expect(database.commits < 100)
            let count = try await database.read { try await $0.count(Self.table, where: []) }
            #expect(count == 300)
        }
    }

    @Test(arguments: LoopKind.allCases) func a_body_that_waits_for_something_else_fails_loudly_and_alone(
        kind: LoopKind
    ) async throws {
        try await withDatabase(kind) { database, loop in
            let later = Late()
            let isKnown = Signal()
            let others = loop.start {
                for index in 0..<20 {
                    try? await database.transaction { try await $0.insert(Self.record("\(index)"), into: Self.table) }
                }
            }
            let error = await #expect(throws: StorageError.self) {
                try await database.transaction { tx in
                    try await tx.insert(Self.record("strayed"), into: Self.table)
                    // Raised when the outcome is known: it cannot come while the body still runs in its place.
                    await isKnown.wait(on: loop)
                    do {
                        try await tx.insert(Self.record("late"), into: Self.table)
                        later.outcome.withLock { $0 = "stored" }
                    } catch {
                        later.outcome.withLock { $0 = "refused" }
                    }
                }
            }
            isKnown.raise()
            #expect(error?.code == .internalFailure)
            #expect(error?.message.contains("nothing else") == true)
            try await eventually(on: loop) { later.outcome.withLock { $0 } == "refused" }
            await others.value
            let found = try await database.read { tx in
                (try await tx.find(Self.table, id: "strayed"), try await tx.find(Self.table, id: "late"))
            }
            #expect(found.0 == nil)
            #expect(found.1 == nil)
            let count = try await database.read { try await $0.count(Self.table, where: []) }
            #expect(count == 20)
        }
    }

    @Test(arguments: LoopKind.allCases) func a_body_may_yield_and_use_child_tasks(kind: LoopKind) async throws {
        try await withDatabase(kind) { database, _ in
            try await database.transaction { tx in
                await Task.yield()
                async let first: Void = tx.insert(Self.record("1"), into: Self.table)
                async let second: Void = tx.insert(Self.record("2"), into: Self.table)
                _ = try await (first, second)
            }
            let count = try await database.read { try await $0.count(Self.table, where: []) }
            #expect(count == 2)
        }
    }

    @TaskLocal static var trace = "none"

    @Test(arguments: LoopKind.allCases) func a_body_sees_the_callers_task_local_values(kind: LoopKind) async throws {
        try await withDatabase(kind) { database, _ in
            let seen = try await Self.$trace.withValue("caller's") {
                try await database.transaction { _ in Self.trace }
            }
            #expect(seen == "caller's")
        }
    }

    @Test(arguments: LoopKind.allCases) func a_handle_that_escapes_is_dead(kind: LoopKind) async throws {
        try await withDatabase(kind) { database, _ in
            let escaped = try await database.transaction { tx in tx }
            await #expect(throws: StorageError.self) { try await escaped.insert(Self.record("1"), into: Self.table) }
        }
    }

    @Test(arguments: LoopKind.allCases) func a_reader_cannot_write(kind: LoopKind) async throws {
        try await withDatabase(kind) { database, _ in
            await #expect(throws: StorageError.self) {
                try await database.read { tx in
                    try await (tx as? any Transaction)?.insert(Self.record("1"), into: Self.table)
                }
            }
        }
    }

    @Test(arguments: LoopKind.allCases) func closing_finishes_what_was_begun(kind: LoopKind) async throws {
        try await withDatabase(kind) { database, loop in
            let shared = Outcomes()
            let writers = (0..<50).map { index in
                loop.start {
                    do {
                        try await database.transaction {
                            try await $0.insert(Self.record("\(index)"), into: Self.table)
                        }
                        shared.add("stored")
                    } catch {
                        shared.add((error as? StorageError)?.code == .closed ? "closed" : "\(error)")
                    }
                }
            }
            await database.close()
            for writer in writers { await writer.value }
            #expect(shared.all.count == 50)
            #expect(Set(shared.all).isSubset(of: ["stored", "closed"]))
            await #expect(throws: StorageError.self) { try await database.migrate(Self.migrations) }
            await #expect(throws: StorageError.self) { try await database.check() }
        }
    }
}

private final class Late: Sendable {
    let outcome = Mutex("")
}

private final class Outcomes: Sendable {
    private let outcomes = Mutex<[String]>([])
    var all: [String] { outcomes.withLock { $0 } }
    func add(_ outcome: String) { outcomes.withLock { $0.append(outcome) } }
}
