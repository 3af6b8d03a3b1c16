import Glibc
import Kernel
import PlatformTestSupport
import Storage
import StorageLMDB
import Testing

@Suite struct LMDBFolderTests {
    static let table = CollectionSchema(
        name: "t", fields: [FieldSchema(name: "n", type: .integer, isUnique: false, isIndexed: true)])
    static let migrations = [Migration(1, "one", [.create(table)])]

    private static func record(_ id: Int, document: [UInt8] = []) -> Record {
        Record(id: "\(id)", version: 1, document: document, fields: [.integer(Int64(id))])
    }

    @Test(arguments: LoopKind.allCases) func the_map_grows_under_what_is_written(kind: LoopKind) async throws {
        try await kind.run { loop in
            let directory = TemporaryDirectory()
            let database = try LMDBDatabase(folder: directory.file("t"), loop: loop, mapSize: 128 << 10)
            try await database.migrate(Self.migrations)
            let document = [UInt8](repeating: 7, count: 3000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for body in 0..<40 {
                    group.addTask {
                        try await database.transaction { tx in
                            for index in 0..<10 {
                                // A body that hides the error runs again all the same.
                                try? await tx.insert(
                                    Self.record(body * 10 + index, document: document), into: Self.table)
                            }
                        }
                    }
                    group.addTask { _ = try await database.read { try await $0.count(Self.table, where: []) } }
                }
                try await group.waitForAll()
            }
            #expect(try await database.read { try await $0.count(Self.table, where: []) } == 400)
            #expect(try await database.read { try await $0.find(Self.table, id: "399") }?.document == document)
            await database.close()
        }
    }

    /// As two containers on one volume, where each shop has the number 1.
    @Test func a_folder_that_a_process_of_the_same_number_has_open_is_refused_until_that_ends() async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let folder = directory.file("t")
            #expect(mkdir(folder, 0o700) == 0)
            let other = Glibc.open("\(folder)/processes.use", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            lock.l_whence = Int16(SEEK_SET)
            (lock.l_start, lock.l_len) = (off_t(getpid()), 1)
            // F_OFD_SETLK: a lock of the open file, as that of another process.
            let locked = fcntl(other, 37, &lock)
            #expect(locked == 0)
            do throws(StorageError) {
                _ = try LMDBDatabase(folder: folder, loop: loop)
                Issue.record("it was opened beside a process of the same number")
            } catch {
                #expect(error.code == .unavailable)
                #expect(error.message.contains("another process with the number \(getpid())"))
            }
            close(other)
            // Twice in one process is one opening, and an end makes room for the next.
            for _ in 0..<2 {
                let databases = try (0..<2).map { _ in try LMDBDatabase(folder: folder, loop: loop) }
                for database in databases { await database.close() }
            }
        }
    }

    @TaskLocal static var trace = "none"

    @Test(arguments: LoopKind.allCases) func a_body_that_runs_again_sees_the_callers_task_local_values(
        kind: LoopKind
    ) async throws {
        try await kind.run { loop in
            let directory = TemporaryDirectory()
            let database = try LMDBDatabase(folder: directory.file("t"), loop: loop, mapSize: 128 << 10)
            try await database.migrate(Self.migrations)
            let seen = try await Self.$trace.withValue("caller's") {
                try await database.transaction { tx in
                    try await tx.insert(
                        Self.record(1, document: [UInt8](repeating: 1, count: 1 << 20)), into: Self.table)
                    return Self.trace
                }
            }
            #expect(seen == "caller's")
            await database.close()
        }
    }

    @Test func what_waits_together_is_committed_together() async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let database = try LMDBDatabase(folder: directory.file("t"), loop: loop)
            try await database.migrate(Self.migrations)
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<300 {
                    group.addTask {
                        try? await database.transaction { try await $0.insert(Self.record(index), into: Self.table) }
                    }
                }
            }
            #expect(database.transactions == 300)
            #expect(database.commits < 100)
            #expect(try await database.read { try await $0.count(Self.table, where: []) } == 300)
            await database.close()
        }
    }

    @Test(arguments: LoopKind.allCases) func a_body_that_waits_for_something_else_is_undone_alone(
        kind: LoopKind
    ) async throws {
        try await kind.run { loop in
            let directory = TemporaryDirectory()
            let database = try LMDBDatabase(folder: directory.file("t"), loop: loop)
            try await database.migrate(Self.migrations)
            let others = loop.start {
                for index in 0..<20 {
                    try? await database.transaction { try await $0.insert(Self.record(index), into: Self.table) }
                }
            }
            let late = Signal()
            let error = await #expect(throws: StorageError.self) {
                try await database.transaction { tx in
                    try await tx.savepoint { tx in
                        try await tx.insert(Self.record(100), into: Self.table)
                        // Raised when the outcome is known: it cannot come while the body still runs in its place.
                        await late.wait(on: loop)
                        try await tx.insert(Self.record(101), into: Self.table)
                    }
                }
            }
            #expect(error?.code == .internalFailure)
            late.raise()
            await others.value
            #expect(try await database.read { try await $0.count(Self.table, where: []) } == 20)
            await database.close()
        }
    }

    @Test func a_folder_that_cannot_be_opened_is_named_with_the_reason() async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let missing = #expect(throws: StorageError.self) {
                try LMDBDatabase(folder: directory.file("none/t"), loop: loop)
            }
            #expect(missing?.message.contains("its directory does not exist") == true)
            let taken = #expect(throws: StorageError.self) { try LMDBDatabase(folder: "/dev/null", loop: loop) }
            #expect(taken?.message.contains("it is not a folder") == true)
        }
    }

    /// A program that is older than the schema knows nothing of a field that a newer one has added.
    @Test func a_field_that_the_program_does_not_know_stays_as_it_was() async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let database = try LMDBDatabase(folder: directory.file("t"), loop: loop)
            let added = FieldSchema(name: "added", type: .text, isUnique: true, isIndexed: true)
            let newer = CollectionSchema(name: "t", fields: [added] + Self.table.fields)
            try await database.migrate(Self.migrations + [Migration(2, "two", [.addField(added, to: "t")])])
            try await database.transaction {
                try await $0.insert(Record(id: "1", version: 1, document: [], fields: ["kept", 5]), into: newer)
            }
            var old = try #require(try await database.read { try await $0.find(Self.table, id: "1") })
            #expect(old.fields == [5])
            old.fields = [6]
            try await database.transaction { [old] in try await $0.put(old, in: Self.table) }
            let found = try await database.read {
                try await $0.query(newer, Query(where: [.equal("added", "kept")], limit: 9))
            }
            #expect(found.first?.fields == ["kept", 6])
            await database.close()
        }
    }
}
