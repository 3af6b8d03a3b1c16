public import Kernel
public import Storage
import Synchronization

/// A service's database in one SQLite file, durable at each commit.
///
/// Transactions run on a writer of their own, all that wait at a time in one commit; reads run beside them on connections
/// of their own and see what was committed when they begin. Several processes may use the same file.
///
/// A commit that was written and could not be flushed may be found again after a restart: `StorageError` `.outcomeUnknown`.
public final class SQLiteDatabase: ClaimableDatabase, CommitCounting {
    private let loop: any Loop
    private let writer: WorkerGate
    private let writes: BatchQueue<any TransactionJob<Connection>>
    private let readers: ReaderPool<Connection>
    private let connection: Connection
    private let counter: CommitCounter
    /// None under simulation: whoever dies there stays alive for the system.
    private let use = Mutex<FileClaim?>(nil)

    /// Opens the file, or creates it. Throws `StorageError` that says what is wrong with it or with its directory.
    public convenience init(
        path: String, loop: any Loop, limits: ReadLimits = ReadLimits()
    ) throws(StorageError) {
        try self.init(path: path, loop: loop, limits: limits, observer: nil)
        // No file, and nobody else's.
        guard path != ":memory:" else { return }
        let claim = try FileClaim(path)
        use.withLock { $0 = claim }
    }

    /// The same with an observer of its commits.
    package init(
        path: String, loop: any Loop, limits: ReadLimits = ReadLimits(), observer: CommitObserver?
    ) throws(StorageError) {
        let connection = try Connection(path: path, mode: .readWrite)
        connection.observer = observer
        let counter = CommitCounter()
        writer = WorkerGate(loop.makeWorker(named: "sqlite-write"))
        writes = BatchQueue(gate: writer, batchSize: 128) { jobs in
            GroupCommit(connection: connection, loop: loop).run(jobs) { counter.add($0) }
        }
        readers = ReaderPool(named: "sqlite-read", loop: loop, limits: limits, batchSize: 128) { kind in
            let connection = LazyConnection(path: path, loop: loop, cacheSize: kind == .lookup ? 16_000 : 4_000)
            return ReaderPool.Reader {
                connection.run($0)
            } close: {
                connection.close()
            } releaseMemory: {
                connection.releaseMemory()
            }
        }
        self.loop = loop
        self.connection = connection
        self.counter = counter
    }

    /// How many commits there were; each flushed the file once.
    public var commits: Int { counter.commits }

    /// How many transactions were in those commits.
    public var transactions: Int { counter.transactions }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        try await writes.run(on: writer.worker, loop) { try await body(SQLiteTransaction(scope: $0)) }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await read(.lookup, body)
    }

    public func read<Result: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await readers.run(kind) { try await body(SQLiteTransaction(scope: $0)) }
    }

    public func endScans() { readers.endScans() }

    public func releaseMemory() {
        readers.releaseMemory()
        try? writer.submit { [connection] in connection.releaseMemory() }
    }

    public func migrate(_ migrations: [Migration]) async throws {
        let time = loop.now.description
        try await writer.run { [connection] in try Migrator(connection: connection, time: time).run(migrations) }
    }

    public func check() async throws {
        try await readers.run(.vital) { scope in
            let connection = try scope.open()
            try connection.execute("SELECT count(*) FROM sqlite_master")
            try FreeSpace.check(at: connection.path)
        }
    }

    public func close() async {
        await readers.close()
        // Last, so that SQLite finds itself alone and folds the write-ahead log into the file.
        await writer.close { [connection] in connection.close() }
        use.withLock { $0 = nil }
    }

    package func collectionNames() async throws -> Set<String> {
        try await writer.run { [connection] in try Migrator.tables(of: connection) }
    }

    package func create(missing collections: [CollectionSchema]) async throws {
        let time = loop.now.description
        try await writer.run { [connection] in
            try Migrator(connection: connection, time: time).create(missing: collections)
        }
    }

    /// As `PRAGMA integrity_check` finds them.
    package func integrityFaults() async throws -> [String] {
        try await writer.run { [connection] in
            try connection.statement("PRAGMA integrity_check").rows { $0.text(0) }.filter { $0 != "ok" }
        }
    }

    package func claim() async throws -> Bool { use.withLock { $0?.takeAlone() ?? true } }

    /// Ends as the process would with `kill -9`: nothing that waits is run or told. Only where no worker runs: under
    /// simulation, between two steps.
    package func abandon() {
        readers.abandon()
        connection.close()
    }
}
