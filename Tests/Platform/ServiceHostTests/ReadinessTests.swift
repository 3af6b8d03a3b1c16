import HTTP
import Kernel
import Messaging
import PlatformTestSupport
import Storage
import StorageSQLite
import Synchronization
import Telemetry
import Testing

@testable import ServiceHost

/// A database whose next calls fail with an error of the test's choice.
private final class FailingDatabase: Database {
    let base: any Database
    private let state = Mutex<StorageError?>(nil)

    init(_ base: any Database) { self.base = base }

    var error: StorageError? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        if let error { throw error }
        return try await base.transaction(body)
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        if let error, error.code == .damaged { throw error }
        return try await base.read(body)
    }

    func migrate(_ migrations: [Migration]) async throws { try await base.migrate(migrations) }
    func check() async throws { try await base.check() }
    func close() async { await base.close() }
}

@Suite struct ReadinessTests {
    private static let migrations = [Migration(1, "one", ServiceEnvironment.migrationSteps)]

    private static func withDatabase(
        _ body: @escaping @Sendable (FailingDatabase, WatchedDatabase, MetricsRegistry) async throws -> Void
    ) async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let base = FailingDatabase(try SQLiteDatabase(path: directory.file("r.db"), loop: loop))
            try await base.migrate(migrations)
            let metrics = MetricsRegistry()
            try await body(
                base, WatchedDatabase(base: base, health: StorageHealth(metrics: metrics, log: .disabled)), metrics)
            await base.close()
        }
    }

    @Test func a_write_that_failed_is_said_until_one_succeeds() async throws {
        try await Self.withDatabase { base, watched, metrics in
            try await watched.check()
            base.error = StorageError(.full, "the disk is full")
            await #expect(throws: StorageError.self) { try await watched.transaction { _ in } }
            // Reads go on, and nobody else writes: the check tries it by itself.
            let error = await #expect(throws: StorageError.self) { try await watched.check() }
            #expect(error?.code == .full)
            base.error = nil
            try await watched.check()
            let left = try await watched.read { try await $0.count(Outbox.collection.schema, where: []) }
            #expect(left == 0)
            #expect(metrics.render().contains(#"sambal_storage_failures_total{operation="write",reason="full"} 2"#))
        }
    }

    @Test func damage_is_said_for_good() async throws {
        try await Self.withDatabase { base, watched, metrics in
            base.error = .damaged("order.db", "database disk image is malformed")
            await #expect(throws: StorageError.self) { try await watched.read { _ in } }
            base.error = nil
            try await watched.transaction { _ in }
            let error = await #expect(throws: StorageError.self) { try await watched.check() }
            #expect(error?.code == .damaged)
            #expect(error?.message.contains("restore") == true)
            #expect(metrics.render().contains(#"{operation="read",reason="damaged"} 1"#))
        }
    }

    @Test func a_conflict_says_nothing_of_the_database() async throws {
        try await Self.withDatabase { base, watched, _ in
            base.error = StorageError(.versionConflict, "somebody was faster")
            await #expect(throws: StorageError.self) { try await watched.transaction { _ in } }
            try await watched.check()
        }
    }

    @Test func a_dependency_that_hangs_is_asked_once_and_said_in_time() async throws {
        try await LoopKind.simulated.run { loop in
            let asked = Atomic(0)
            let mayAnswer = Signal()
            let probe = DependencyProbe("event log", loop: loop) {
                if asked.add(1, ordering: .relaxed).newValue == 1 { await mayAnswer.wait(on: loop) }
            }
            for _ in 0..<3 {
                let began = loop.uptime
                let found = await probe.look(within: .milliseconds(800))
                #expect(loop.uptime - began == .milliseconds(800))
                #expect(found.reason == "it did not answer within 800 ms")
            }
            #expect(asked.load(ordering: .relaxed) == 1)
            mayAnswer.raise()
            try await loop.sleep(for: .milliseconds(1))
            #expect(await probe.look(within: .milliseconds(800)).isReady)
        }
    }

    @Test func a_dependency_that_fails_is_named_with_its_reason() async throws {
        try await LoopKind.simulated.run { loop in
            let probe = DependencyProbe("database", loop: loop) { throw StorageError(.unavailable, "no answer") }
            let readiness = Readiness(.ready, [await probe.look(within: .seconds(1)), .init("event log")])
            #expect(readiness.status == "not ready")
            #expect(readiness.failures == ["database: no answer"])
            #expect(Readiness(.stopping).status == "stopping" && !Readiness(.starting).isReady)
        }
    }

    @Test func storage_errors_name_the_dependency_to_callers() {
        for code in [StorageError.Code.unavailable, .full, .damaged, .overloaded, .tooSlow, .notDurable] {
            let problem = StorageError(code, "/var/lib/sambal/order.db").problem
            #expect(problem.status == 503 && problem.retryAfter != nil, "\(code)")
            #expect(problem.dependency == "database")
        }
        #expect(StorageError(.tooSlow, "sort by id").problem.detail?.contains("sort by id") == true)
        #expect(StorageError(.invalidQuery, "no").problem.dependency == nil)
    }
}
