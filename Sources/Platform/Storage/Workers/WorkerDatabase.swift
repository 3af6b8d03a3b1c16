package import Kernel
import Synchronization

/// The threads of a database whose engine needs threads of its own: one that writes and several that read.
///
/// All transactions that wait at the same time are stored by one commit. Reads run concurrently with them, and see what
/// was committed before they began.
package final class DatabaseWorkers<Engine>: Sendable {
    package let loop: any Loop
    private let writer: WorkerGate
    private let writes: BatchQueue<any TransactionJob<Engine>>
    private let readers: ReaderPool<Engine>
    private let connection: any WorkerConnection<Engine>
    private let counter = CommitCounter()
    /// `nil` if the engine has no file that another process could use. Also `nil` in simulation: a simulated process
    /// that dies is still alive for the operating system, which would keep its lock.
    private let usage = Mutex<DatabaseUsageLock?>(nil)

    /// `makeReader` makes the connection of one reader. It is called when that reader is first needed.
    package init(
        named name: String, loop: any Loop, limits: ReadLimits, batchSize: Int,
        writer connection: any WorkerConnection<Engine>,
        makeReader: @escaping @Sendable (ReadKind) -> any WorkerConnection<Engine>
    ) {
        self.loop = loop
        self.connection = connection
        writer = WorkerGate(loop.makeWorker(named: "\(name)-write"))
        let commit = GroupCommit(connection: connection, loop: loop, counter: counter)
        writes = BatchQueue(gate: writer, batchSize: batchSize) { commit.run($0) }
        readers = ReaderPool(
            named: "\(name)-read", loop: loop, limits: limits, batchSize: batchSize, makeReader: makeReader)
    }

    /// Keeps the lock until the database is closed.
    package func hold(_ lock: DatabaseUsageLock) { usage.withLock { $0 = lock } }

    func transaction<Value: Sendable>(
        _ closure: @escaping @Sendable (TransactionClosureScope<Engine>) async throws -> Value
    ) async throws -> Value {
        try await writes.run(on: writer.worker, loop, closure)
    }

    package func read<Value: Sendable>(
        _ kind: ReadKind, _ closure: @escaping @Sendable (TransactionClosureScope<Engine>) async throws -> Value
    ) async throws -> Value {
        try await readers.run(kind, closure)
    }

    /// Runs `work` on the writer's thread, between two commits.
    package func onWriter<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await writer.run(work)
    }

    /// Runs `work` on the thread of the reads of kind `.lookup`.
    package func onLookups<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await readers.onLookups(work)
    }

    /// Runs `work` on the thread of the reads of kind `.vital`.
    package func onVital<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await readers.onVital(work)
    }

    var commits: Int { counter.commits }
    var transactions: Int { counter.transactions }

    func endScans() { readers.endScans() }

    func releaseMemory() {
        readers.releaseMemory()
        try? writer.submit { [connection] in connection.releaseMemory() }
    }

    /// Closes all connections, the writer's last: SQLite copies the write-ahead log into the database file when its
    /// last connection is closed.
    func close() async {
        await readers.close()
        await writer.close { [connection] in connection.close() }
        usage.withLock { $0 = nil }
    }

    func acquireExclusive() -> Bool { usage.withLock { $0?.acquireExclusive() ?? true } }

    /// Ends as after `kill -9`: no waiting job is run, and no caller is resumed. Call it only while no worker runs,
    /// that is in simulation, between two steps.
    package func abandon() {
        readers.abandon()
        connection.close()
    }
}

/// A database whose engine needs threads of its own, with the code that all such databases share.
package protocol WorkerDatabase: ClaimableDatabase, CommitCounting {
    associatedtype Engine

    var workers: DatabaseWorkers<Engine> { get }

    /// Makes the handle that a transaction closure works with.
    static func handle(_ scope: TransactionClosureScope<Engine>) -> any Transaction

    /// Decides whether a transaction closure is retried. `attempts` counts its failed runs; the last one threw `error`.
    func recovery(from error: any Error, attempts: Int) -> TransactionRecovery
}

package enum TransactionRecovery {
    case fail(any Error)
    case retry(after: Duration)
}

extension WorkerDatabase {
    package func recovery(from error: any Error, attempts: Int) -> TransactionRecovery { .fail(error) }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        try await retrying { try await workers.transaction { try await body(Self.handle($0)) } }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await read(.lookup, body)
    }

    public func read<Result: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await retrying { try await workers.read(kind) { try await body(Self.handle($0)) } }
    }

    /// Runs `attempt` until it succeeds, or until `recovery` says that its error is thrown to the caller.
    package func retrying<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        var attempts = 0
        while true {
            do {
                return try await attempt()
            } catch {
                attempts += 1
                switch recovery(from: error, attempts: attempts) {
                case .fail(let error): throw error
                case .retry(let delay): if delay > .zero { try await workers.loop.sleep(for: delay) }
                }
            }
        }
    }

    /// The number of commits so far, each of which was flushed to disk.
    public var commits: Int { workers.commits }

    /// The number of transactions that those commits stored.
    public var transactions: Int { workers.transactions }

    public func endScans() { workers.endScans() }
    public func releaseMemory() { workers.releaseMemory() }
    public func close() async { await workers.close() }
    package func acquireExclusive() async throws -> Bool { workers.acquireExclusive() }
}
