public import Kernel
public import Storage
import Synchronization

/// A service's database in one LMDB folder, durable at each commit.
///
/// Transactions run on a writer of their own, all that wait at a time in one commit; reads run beside them and see what
/// was committed when they begin. Several processes may use the same folder. It grows as needed; a body that found it
/// too small runs again.
public final class LMDBDatabase: ClaimableDatabase, CommitCounting {
    private let loop: any Loop
    private let writer: WorkerGate
    private let writes: BatchQueue<any TransactionJob<Session>>
    private let readers: ReaderPool<Session>
    private let environment: Environment
    private let counter: CommitCounter
    private let use: Mutex<FileClaim?>

    /// Opens the folder, or makes it. Throws `StorageError` that says what is wrong with it or with where it should be.
    public convenience init(
        folder: String, loop: any Loop, limits: ReadLimits = ReadLimits()
    ) throws(StorageError) {
        try self.init(folder: folder, loop: loop, limits: limits, mapSize: 64 << 20)
    }

    /// The same beginning with a map of that many bytes; ignored where this process has it open already.
    package init(
        folder: String, loop: any Loop, limits: ReadLimits = ReadLimits(), mapSize: Int
    ) throws(StorageError) {
        let environment = try EnvironmentRegistry.shared.open(folder, mapSize: mapSize)
        do throws(StorageError) {
            use = Mutex(try FileClaim("\(folder)/data"))
        } catch {
            EnvironmentRegistry.shared.release(environment)
            throw error
        }
        let counter = CommitCounter()
        writer = WorkerGate(loop.makeWorker(named: "lmdb-write"))
        writes = BatchQueue(gate: writer, batchSize: 128) { jobs in
            GroupCommit(environment: environment, loop: loop).run(jobs) { counter.add($0) }
        }
        readers = ReaderPool(named: "lmdb-read", loop: loop, limits: limits, batchSize: 128) { _ in
            ReaderPool.Reader { Self.read($0, environment, loop) }
        }
        self.loop = loop
        self.environment = environment
        self.counter = counter
    }

    /// How many commits there were; each was flushed.
    public var commits: Int { counter.commits }

    /// How many transactions were in those commits.
    public var transactions: Int { counter.transactions }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        while true {
            do {
                return try await writes.run(on: writer.worker, loop) { try await body(LMDBTransaction(scope: $0)) }
            } catch is MapHasGrown {
                // Twice as large by now; each round doubles it, until the body fits or the disk is full.
                continue
            }
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
        while true {
            do {
                return try await readers.run(kind) { try await body(LMDBTransaction(scope: $0)) }
            } catch is MapIsGrowing {
                continue
            }
        }
    }

    public func endScans() { readers.endScans() }

    public func migrate(_ migrations: [Migration]) async throws {
        let time = loop.now.description
        try await writer.run { [environment] in
            try environment.writeAlone { try Migrator(session: $0, time: time).run(migrations) }
        }
    }

    public func check() async throws {
        try await readers.run(.vital) { scope in
            let session = try scope.open()
            _ = try session.entries(of: session.schemaTable)
            try FreeSpace.check(at: session.path)
        }
    }

    public func close() async {
        await readers.close()
        await writer.close { [environment] in EnvironmentRegistry.shared.release(environment) }
        use.withLock { $0 = nil }
    }

    package func claim() async throws -> Bool { use.withLock { $0?.takeAlone() ?? true } }

    private static func read(
        _ jobs: ArraySlice<any TransactionJob<Session>>, _ environment: Environment, _ loop: any Loop
    ) {
        var outcomes: [(any Error)?] = []
        do {
            try environment.read { session in outcomes = jobs.map { $0.run(on: session) } }
        } catch {
            return loop.resume(jobs, failing: error)
        }
        loop.resume(jobs, failing: outcomes)
    }
}
