import Messaging
import Storage
import Synchronization
import Telemetry

/// Keeps the health of a service's database, as its transactions and reads have shown it.
final class StorageHealth: Sendable {
    private struct State {
        /// Why the last write failed; `nil` once one has succeeded.
        var writeFailure: StorageError?
        /// Set for good: damage does not mend itself.
        var damage: StorageError?
    }
    private let state = Mutex(State())
    private let isFailing = Atomic(false)
    private let failures: MetricFamily<Counter>
    private let log: Logger

    init(metrics: MetricsRegistry, log: Logger) {
        self.log = log
        failures = metrics.counter(
            "sambal_storage_failures_total", help: "Transactions and reads that the database failed, by reason.",
            labels: ["operation", "reason"])
    }

    var damage: StorageError? { state.withLock { $0.damage } }
    var isWriteFailing: Bool { isFailing.load(ordering: .relaxed) }

    func noteWritten() {
        guard isWriteFailing else { return }
        isFailing.store(false, ordering: .relaxed)
        state.withLock { $0.writeFailure = nil }
    }

    func note(_ error: StorageError, isWrite: Bool) {
        guard let reason = Self.reason(error.code) else { return }
        failures.labelled(isWrite ? "write" : "read", reason).increment()
        log.error(
            isWrite ? "the database failed a transaction" : "the database failed a read",
            metadata: [.error: .error(error)])
        state.withLock { state in
            if error.code == .damaged { state.damage = error }
            guard isWrite else { return }
            state.writeFailure = error
            isFailing.store(true, ordering: .relaxed)
        }
    }

    /// `nil` for what says nothing of the database: a conflict, a mistake in a query, too many lists at a time.
    private static func reason(_ code: StorageError.Code) -> String? {
        switch code {
        case .unavailable: "unavailable"
        case .full: "full"
        case .damaged: "damaged"
        case .outcomeUnknown: "outcome unknown"
        case .notDurable: "not durable"
        case .internalFailure: "internal failure"
        default: nil
        }
    }
}

/// A service's database that tells its health what became of each transaction and read.
struct WatchedDatabase: Database {
    let base: any Database
    let health: StorageHealth

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await base.transaction(body)
            health.noteWritten()
            return result
        } catch let error as StorageError {
            health.note(error, isWrite: true)
            throw error
        }
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result { try await read(.lookup, body) }

    func read<Result: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        do {
            return try await base.read(kind, body)
        } catch let error as StorageError {
            health.note(error, isWrite: false)
            throw error
        }
    }

    func endScans() { base.endScans() }
    func migrate(_ migrations: [Migration]) async throws { try await base.migrate(migrations) }

    /// Also looks whether it can be written to, if the last write failed: nobody else may try while the service is not
    /// ready.
    func check() async throws {
        if let damage = health.damage { throw damage }
        try await base.check()
        if health.isWriteFailing { try await tryWrite() }
    }

    /// Writes a row that nobody sees: it is deleted in the same transaction.
    private func tryWrite() async throws {
        do {
            try await transaction { tx in
                let schema = Outbox.collection.schema
                let record = Record(
                    id: "~probe", version: 1, document: [], fields: schema.fields.map { _ in FieldValue.null })
                _ = try await tx.insertIfAbsent(record, into: schema)
                _ = try await tx.delete(id: record.id, expecting: nil, from: schema)
            }
        } catch let error as StorageError where error.code == .internalFailure || error.code == .versionConflict {
            // Says nothing of whether it can be written to.
            health.noteWritten()
        }
    }

    func close() async { await base.close() }
}
