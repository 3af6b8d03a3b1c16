import HTTP
package import Storage
import Synchronization

/// A database that fails one transaction of a request, by its number, as a server does whose connection breaks.
///
/// Only transactions of requests count: background work has others, whose number depends on its timing. One that ended
/// without a commit does not count either: a conflict with background work is tried again.
package final class LossyDatabase: Database {
    package enum Loss: Sendable, CaseIterable {
        /// It is stored, and its answer is lost.
        case answer
        /// It is not stored, and nobody can say so.
        case commit
        /// It is certainly not stored.
        case connection
    }
    private struct State {
        var armed: (number: Int, loss: Loss)?
        var count = 0
        var hasFailed = false
    }
    private let base: any Database
    private let state = Mutex(State())

    package init(_ base: any Database) { self.base = base }

    /// Lets the transaction of that number fail, counted from now on. Zero only counts.
    package func arm(_ number: Int, _ loss: Loss) { state.withLock { $0 = State(armed: (number, loss)) } }
    package func disarm() { state.withLock { $0.armed = nil } }

    /// How many transactions of requests there were since it was armed.
    package var count: Int { state.withLock { $0.count } }
    package var hasFailed: Bool { state.withLock { $0.hasFailed } }

    package func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        let (counts, loss): (Bool, Loss?) = state.withLock { state in
            guard let armed = state.armed, RequestEffects.current != nil else { return (false, nil) }
            state.count += 1
            guard state.count == armed.number else { return (true, nil) }
            state.hasFailed = true
            return (true, armed.loss)
        }
        switch loss {
        case nil:
            do { return try await base.transaction(body) } catch {
                if counts { state.withLock { $0.count -= 1 } }
                throw error
            }
        case .answer:
            _ = try await base.transaction(body)
            throw StorageError.lostCommit(at: "test", "the answer is lost")
        case .commit: throw StorageError.lostCommit(at: "test", "the commit is lost")
        case .connection: throw StorageError(.unavailable, "test: the connection is lost")
        }
    }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result { try await base.read(body) }

    package func read<Result: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result { try await base.read(kind, body) }

    package func endScans() { base.endScans() }
    package func migrate(_ migrations: [Migration]) async throws { try await base.migrate(migrations) }
    package func check() async throws { try await base.check() }
    package func close() async { await base.close() }
}

/// As its base, so that a service keeps with it what it keeps elsewhere: an audit log, published events.
extension LossyDatabase: ClaimableDatabase {
    private var claimable: any ClaimableDatabase {
        get throws {
            guard let base = base as? any ClaimableDatabase else {
                throw StorageError(.internalFailure, "the database of the test cannot be claimed")
            }
            return base
        }
    }

    package func acquireExclusive() async throws -> Bool { try await claimable.acquireExclusive() }
    package func releaseExclusive() async throws { try await claimable.releaseExclusive() }
    package func collectionNames() async throws -> Set<String> { try await claimable.collectionNames() }
    package func create(missing collections: [CollectionSchema]) async throws {
        try await claimable.create(missing: collections)
    }
    package func integrityFaults() async throws -> [String] { try await claimable.integrityFaults() }
}
