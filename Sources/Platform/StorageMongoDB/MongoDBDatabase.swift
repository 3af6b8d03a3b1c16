public import Kernel
import Runtime
public import Storage
import Synchronization

/// A service's database on a MongoDB replica set. The names of its collections begin with the schema.
///
/// One thread writes. All transactions that wait at the same time are stored by one commit, which is durable on a
/// majority of the servers. If another program writes, the writer waits until that program's transaction has ended.
/// Reads run concurrently on threads of their own. If a commit is not answered, the transaction may still have been
/// stored, so a retry has to use the same identifiers.
public final class MongoDBDatabase: WorkerDatabase {
    package let workers: DatabaseWorkers<Session>
    private let settings: MongoDBSettings
    private let writeRunner: TransactionRunner
    private let readRunner: TransactionRunner
    private let vitalRunner: TransactionRunner
    private let collections: Collections
    /// The largest number of times that a transaction closure is run.
    private static let attempts = 20

    /// Makes the database, which connects when it is first used. Throws `StorageError` if the loop has no sockets, as
    /// in simulation.
    public init(
        _ settings: MongoDBSettings, loop: any Loop, limits: ReadLimits = ReadLimits()
    ) throws(StorageError) {
        guard loop is EventLoop else {
            throw StorageError(.unavailable, "MongoDB needs real sockets: it does not run under simulation")
        }
        let collections = Collections()
        let writeRunner = TransactionRunner(Client(settings), loop: loop)
        let readRunner = TransactionRunner(Client(settings), loop: loop)
        let vitalRunner = TransactionRunner(Client(settings), loop: loop)
        workers = DatabaseWorkers(
            named: "mongodb", loop: loop, limits: limits, batchSize: 64,
            writer: MongoDBWorker(runner: writeRunner, isWriting: true, known: { collections.all })
        ) { kind in
            let runner: TransactionRunner
            switch kind {
            case .lookup: runner = readRunner
            case .vital: runner = vitalRunner
            case .scan: runner = TransactionRunner(Client(settings, queryTime: limits.scanTime), loop: loop)
            case .report: runner = TransactionRunner(Client(settings), loop: loop)
            }
            return MongoDBWorker(runner: runner, isWriting: false, known: { collections.all })
        }
        self.settings = settings
        self.writeRunner = writeRunner
        self.readRunner = readRunner
        self.vitalRunner = vitalRunner
        self.collections = collections
    }

    package static func handle(_ scope: TransactionClosureScope<Session>) -> any Transaction {
        MongoDBTransaction(scope: scope)
    }

    /// Retries after a random delay below 10 ms, because two writers that had a conflict would otherwise have it again.
    package func recovery(from error: any Error, attempts: Int) -> TransactionRecovery {
        guard let repetition = error as? Repetition else { return .fail(error) }
        guard attempts < Self.attempts else { return .fail(repetition.error) }
        return .retry(after: .microseconds(Int64(workers.loop.random() % 10_000)))
    }

    public func migrate(_ migrations: [Migration]) async throws {
        let migrator = Migrator(
            runner: writeRunner, schema: settings.schema, place: settings.name, time: workers.loop.now.description)
        try await retrying {
            collections.all = try await workers.onWriter { try migrator.run(migrations) }
        }
    }

    public func check() async throws {
        try await workers.onVital { [vitalRunner] in _ = try vitalRunner.ask(["ping": 1]) }
    }

    package func collectionNames() async throws -> Set<String> {
        let names = try await workers.onWriter { [writeRunner, settings] in
            try Migrator.collections(of: settings.schema, writeRunner)
        }
        collections.add(names.sorted())
        return names
    }

    package func create(missing wanted: [CollectionSchema]) async throws {
        try await workers.onWriter { [writeRunner, settings] in
            let known = try Migrator.collections(of: settings.schema, writeRunner)
            for collection in wanted where !known.contains(collection.name) {
                try Migrator.create(collection, in: settings.schema, writeRunner)
            }
        }
        collections.add(wanted.map(\.name))
    }

    /// Returns whether no other connection of the service exists. A connection that is opened later is not refused,
    /// because the server has no lock that it would release when the lock's owner dies.
    package func acquireExclusive() async throws -> Bool {
        let lookups = try await workers.onLookups { [readRunner] in try readRunner.connection() }
        let vital = try await workers.onVital { [vitalRunner] in try vitalRunner.connection() }
        return try await workers.onWriter { [writeRunner] in
            let own = [lookups, vital, try writeRunner.connection()].compactMap(\.self)
            return try writeRunner.connections().subtracting(own).isEmpty
        }
    }
}

/// The names of the collections that migrations have created, and of others that were found. Empty until migrations
/// have run.
private final class Collections: Sendable {
    private struct Names {
        var migrated: Set<String> = []
        var added: Set<String> = []
    }
    private let names = Mutex(Names())

    var all: Set<String> {
        get { names.withLock { $0.migrated.isEmpty ? [] : $0.migrated.union($0.added) } }
        set { names.withLock { $0.migrated = newValue } }
    }

    func add(_ added: [String]) { names.withLock { $0.added.formUnion(added) } }
}
