public import Kernel
import Runtime
public import Storage
import Synchronization

/// A service's database on a MongoDB replica set: its collections carry its name.
///
/// Transactions run on a writer's thread, all that wait at a time in one commit, durable on a majority of the servers;
/// writers of other programs are waited out. Reads run beside them on a thread of their own. A transaction whose commit
/// is not answered may have been stored after all: repeat it with the same identifiers.
public final class MongoDBDatabase: ClaimableDatabase, CommitCounting {
    private let loop: any Loop
    private let settings: MongoDBSettings
    private let writer: WorkerGate
    private let writes: BatchQueue<any TransactionJob<Session>>
    private let readers: ReaderPool<Session>
    private let writeRunner: TransactionRunner
    private let readRunner: TransactionRunner
    private let vitalRunner: TransactionRunner
    private let collections: Collections
    private let counter: CommitCounter
    /// How often a body is run at most.
    private static let tries = 20

    /// Connects when it is first used. Throws `StorageError` where the loop has no sockets, as under simulation.
    public init(
        _ settings: MongoDBSettings, loop: any Loop, limits: ReadLimits = ReadLimits()
    ) throws(StorageError) {
        guard loop is EventLoop else {
            throw StorageError(.unavailable, "MongoDB needs real sockets: it does not run under simulation")
        }
        let (counter, collections) = (CommitCounter(), Collections())
        let writeRunner = TransactionRunner(Client(settings), loop: loop)
        let readRunner = TransactionRunner(Client(settings), loop: loop)
        let vitalRunner = TransactionRunner(Client(settings), loop: loop)
        writer = WorkerGate(loop.makeWorker(named: "mongodb-write"))
        writes = BatchQueue(gate: writer, batchSize: 64) { jobs in
            writeRunner.write(jobs, known: collections.all) { counter.add($0) }
        }
        readers = ReaderPool(named: "mongodb-read", loop: loop, limits: limits, batchSize: 64) { kind in
            let runner: TransactionRunner
            switch kind {
            case .lookup: runner = readRunner
            case .vital: runner = vitalRunner
            case .scan: runner = TransactionRunner(Client(settings, queryTime: limits.scanTime), loop: loop)
            case .report: runner = TransactionRunner(Client(settings), loop: loop)
            }
            return ReaderPool.Reader {
                runner.read($0, known: collections.all)
            } close: {
                runner.close()
            }
        }
        self.loop = loop
        self.settings = settings
        self.writeRunner = writeRunner
        self.readRunner = readRunner
        self.vitalRunner = vitalRunner
        self.collections = collections
        self.counter = counter
    }

    public var commits: Int { counter.commits }
    public var transactions: Int { counter.transactions }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        try await repeating {
            try await writes.run(on: writer.worker, loop) { try await body(MongoDBTransaction(scope: $0)) }
        }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await read(.lookup, body)
    }

    public func read<Result: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await repeating { try await readers.run(kind) { try await body(MongoDBTransaction(scope: $0)) } }
    }

    public func endScans() { readers.endScans() }

    public func migrate(_ migrations: [Migration]) async throws {
        let migrator = Migrator(
            runner: writeRunner, schema: settings.schema, place: settings.name, time: loop.now.description)
        try await repeating {
            collections.all = try await writer.run { try migrator.run(migrations) }
        }
    }

    public func check() async throws {
        try await readers.onVital { [vitalRunner] in _ = try vitalRunner.ask(["ping": 1]) }
    }

    /// Others are not refused: the server has no lock that would end with its owner.
    package func claim() async throws -> Bool {
        let reading = try await readers.onLookups { [readRunner] in
            try readRunner.ask(["hello": 1])["connectionId"].integer
        }
        return try await writer.run { [writeRunner] in
            let writing = try writeRunner.run(["hello": 1])["connectionId"].integer
            return try writeRunner.connections().subtracting([reading, writing].compactMap(\.self)).isEmpty
        }
    }

    public func close() async {
        await readers.close()
        await writer.close { [writeRunner] in writeRunner.close() }
    }

    private func repeating<Value>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 1..<Self.tries {
            do {
                return try await body()
            } catch is Repetition {
                // At random, or those who met would meet again.
                try await loop.sleep(for: .microseconds(Int64(loop.random() % 10_000)))
            }
        }
        do {
            return try await body()
        } catch let repetition as Repetition {
            throw repetition.error
        }
    }
}

/// The collections that migrations have made.
private final class Collections: Sendable {
    private let names = Mutex<Set<String>>([])
    var all: Set<String> {
        get { names.withLock { $0 } }
        set { names.withLock { $0 = newValue } }
    }
}
