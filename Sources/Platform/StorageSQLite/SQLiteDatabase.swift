public import Kernel
public import Storage
import Synchronization

/// A service's database in one SQLite file, durable at each commit.
///
/// Transactions run on a writer of their own, all that wait at a time in one commit; reads run beside them on a second
/// connection and see what was committed when they begin. Several processes may use the same file.
///
/// A transaction that fails with `StorageError.unavailable` while it commits may have been stored after all, when the
/// disk failed between writing and flushing: repeat it with the same identifiers.
public final class SQLiteDatabase: Database {
    private let loop: any Loop
    private let writer: any Worker
    private let reader: any Worker
    private let writes: BatchQueue<any TransactionJob>
    private let reads: BatchQueue<any TransactionJob>
    private let connection: Connection
    private let readConnection: LazyConnection
    private let counters: Counters

    /// Opens the file, or creates it. Throws `StorageError` that says what is wrong with it or with its directory.
    public init(path: String, loop: any Loop) throws(StorageError) {
        let connection = try Connection(path: path, mode: .readWrite)
        let readConnection = LazyConnection(path: path)
        let counters = Counters()
        writer = loop.makeWorker(named: "sqlite-write")
        reader = loop.makeWorker(named: "sqlite-read")
        writes = BatchQueue(worker: writer, batchSize: 128) { jobs in
            GroupCommit(connection: connection).run(jobs) { counters.add($0) }
        }
        reads = BatchQueue(worker: reader, batchSize: 128) { readConnection.run($0) }
        self.loop = loop
        self.connection = connection
        self.readConnection = readConnection
        self.counters = counters
    }

    /// How many commits there were; each flushed the file once.
    public var commits: Int { counters.commits.load(ordering: .relaxed) }

    /// How many transactions were in those commits.
    public var transactions: Int { counters.transactions.load(ordering: .relaxed) }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        try await run(on: writes, writer) { try await body($0) }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await run(on: reads, reader) { try await body($0) }
    }

    public func migrate(_ migrations: [Migration]) async throws {
        let time = loop.now.description
        try await onWriter { try Migrator(connection: $0, time: time).run(migrations) }
    }

    public func check() async throws {
        try await run(on: reads, reader) { try $0.open().execute("SELECT count(*) FROM sqlite_master") }
    }

    public func close() async {
        writes.close()
        reads.close()
        await withCheckedContinuation { continuation in
            reader.submit { [readConnection] in
                readConnection.close()
                continuation.resume()
            }
        }
        // Last, so that SQLite finds itself alone and folds the write-ahead log into the file.
        await withCheckedContinuation { continuation in
            writer.submit { [connection] in
                connection.close()
                continuation.resume()
            }
        }
        reader.stop()
        writer.stop()
    }

    private func run<Value: Sendable>(
        on queue: BatchQueue<any TransactionJob>, _ worker: any Worker,
        _ body: @escaping @Sendable (SQLiteTransaction) async throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let job = BodyJob<Value>(worker: worker, continuation: continuation)
            job.prepare(body)
            do { try queue.add(job) } catch { loop.execute { job.resume(failing: error) } }
        }
    }

    private func onWriter(_ body: @escaping @Sendable (Connection) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            writer.submit { [connection] in
                continuation.resume(with: Result { try body(connection) })
            }
        }
    }
}

private final class Counters: Sendable {
    let commits = Atomic(0)
    let transactions = Atomic(0)

    func add(_ transactions: Int) {
        guard transactions > 0 else { return }
        commits.add(1, ordering: .relaxed)
        self.transactions.add(transactions, ordering: .relaxed)
    }
}
