import Glibc
import Kernel
import PlatformTestSupport
import Runtime
import Storage
import StorageLMDB
import StorageSQLite
import Synchronization
import Testing

/// A commit whose answer is lost on the way, or whose flush fails: nobody is told that it was not done.
@Suite struct LostCommitTests {
    /// PostgreSQL knows what became of each transaction, MongoDB takes a commit a second time; MariaDB cannot be asked.
    @Test(arguments: FarServer.all) func a_stored_commit_without_an_answer_is_found_out_or_unknown(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            let outcome = try await stage.insertLosing(server.commitText, isHeard: true)
            #expect(outcome == (server.canFindOut ? .done : .unknown))
            #expect(stage.proxy.lostAnswers == 1)
            try await eventually(on: stage.loop) { try await stage.gadgets.find("lost") != nil }
            // The same request again, as a caller with a key sends it.
            try await stage.addOnce("after")
            try await stage.addOnce("after")
            #expect(try await stage.gadgets.find("sum")?.size == 1)
        }
    }

    @Test(arguments: FarServer.all) func a_commit_that_did_not_arrive_is_made_again_or_unknown(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            let outcome = try await stage.insertLosing(server.commitText, isHeard: false)
            #expect(outcome == (server.canFindOut ? .done : .unknown))
            #expect(stage.proxy.lostAnswers == 1)
            let isStored = try await stage.gadgets.find("lost") != nil
            #expect(isStored == server.canFindOut)
        }
    }

    @Test(arguments: FarServer.all) func without_a_server_to_ask_the_outcome_is_unknown(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            let outcome = try await stage.insertLosing(server.commitText, isHeard: true, thenCloses: true)
            #expect(outcome == .unknown)
            stage.proxy.set(.open)
            stage.proxy.cut()
            try await eventually(on: stage.loop) { (try? await stage.gadgets.find("lost")) != nil }
        }
    }

    /// A body that failed by itself has had no effect, whatever became of the commit beside it.
    @Test(arguments: LocalFault.all) func a_failed_flush_is_unknown_and_a_full_disk_is_not(
        fault: LocalFault
    ) async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            let database = try fault.engine.open(directory, loop)
            try await database.migrate(Gadget.migrations)
            let gadgets = Repository<Gadget>(database)
            _ = try await gadgets.insert(Gadget("before"))
            try fault.inject(in: directory)
            await expect(code: fault.code) { try await gadgets.insert(Gadget("after")) }
            await database.close()
            guard fault.code == .full else { return }
            let again = try fault.engine.open(directory, loop)
            #expect(try await Repository<Gadget>(again).find("after") == nil)
            await again.close()
        }
    }
}

/// A fault of the files of an embedded engine: their descriptors lead elsewhere from then on.
struct LocalFault: Sendable, CustomStringConvertible {
    let description: String
    let engine: StorageEngine
    let file: String
    let replacement: String
    let code: StorageError.Code

    static let all = [
        LocalFault(
            description: "SQLite's log is full", engine: .sqlite, file: "test.db-wal", replacement: "/dev/full",
            code: .full),
        LocalFault(
            description: "SQLite's log cannot be flushed", engine: .sqlite, file: "test.db-wal",
            replacement: "/dev/null", code: .outcomeUnknown),
        LocalFault(
            description: "LMDB's file is full", engine: .lmdb, file: "data.mdb", replacement: "/dev/full",
            code: .full),
        LocalFault(
            description: "LMDB's file fails", engine: .lmdb, file: "data.mdb", replacement: "/proc/self/maps",
            code: .outcomeUnknown),
    ]

    func inject(in directory: TemporaryDirectory) throws {
        let other = open(replacement, replacement.hasPrefix("/dev") ? O_RDWR : O_RDONLY)
        try #require(other >= 0)
        defer { close(other) }
        var found = 0
        for descriptor in Int32(3)..<4096 where path(of: descriptor)?.hasPrefix(directory.path) == true {
            guard path(of: descriptor)?.hasSuffix(file) == true else { continue }
            found += 1
            try #require(dup2(other, descriptor) == descriptor)
        }
        #expect(found > 0)
    }

    private func path(of descriptor: Int32) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}

enum InsertOutcome: Equatable { case done, unknown }

extension FarServer {
    fileprivate var commitText: String { scheme == "mongodb" ? "commitTransaction" : "COMMIT" }
    fileprivate var canFindOut: Bool { scheme != "mariadb" }
}

extension FarStage {
    /// Inserts the gadget `lost`, and loses the answer to the commit.
    fileprivate func insertLosing(
        _ text: String, isHeard: Bool, thenCloses: Bool = false
    ) async throws -> InsertOutcome {
        // New connections: on one that is known, the statement goes by its number.
        proxy.cut()
        proxy.set(.losingAnswer(to: text, isHeard: isHeard, isLast: thenCloses))
        do {
            _ = try await database.transaction { tx in
                _ = try await gadgets.insertIfAbsent(Gadget("lost"), in: tx)
            }
            return .done
        } catch let error as StorageError where error.code == .outcomeUnknown {
            return .unknown
        }
    }
}
