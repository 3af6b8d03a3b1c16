package import Kernel
import Synchronization

/// The threads of a database whose engine works on threads of its own: one writes, several read.
///
/// All transactions that wait at a time are in one commit. Reads run beside them and see what was committed when they
/// begin.
package final class DatabaseWorkers<Engine>: Sendable {
    package let loop: any Loop
    private let writer: WorkerGate
    private let writes: BatchQueue<any TransactionJob<Engine>>
    private let readers: ReaderPool<Engine>
    private let connection: any WorkerConnection<Engine>
    private let counter = CommitCounter()
    /// `nil` if the engine has no file that others could use, and under simulation: a process that dies there stays
    /// alive for the system.
    private let usage = Mutex<DatabaseUsageLock?>(nil)

    /// `makeReader` makes the connection of one reader, when it is first needed.
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

    /// Runs `work` on the thread of look-ups.
    package func onLookups<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await readers.onLookups(work)
    }

    /// Runs `work` on the thread of what keeps the service going.
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

    /// The writer's connection is closed last: SQLite finds itself alone then, and folds the write-ahead log into the
    /// file.
    func close() async {
        await readers.close()
        await writer.close { [connection] in connection.close() }
        usage.withLock { $0 = nil }
    }

    func acquireExclusive() -> Bool { usage.withLock { $0?.acquireExclusive() ?? true } }

    /// Ends as the process would with `kill -9`: no job that waits is run or resumed. Only where no worker runs: under
    /// simulation, between two steps.
    package func abandon() {
        readers.abandon()
        connection.close()
    }
}

/// A database whose engine works on threads of its own, and everything that such databases do alike.
package protocol WorkerDatabase: ClaimableDatabase, CommitCounting {
    associatedtype Engine

    var workers: DatabaseWorkers<Engine> { get }

    /// Makes the handle that a transaction closure works with.
    static func handle(_ scope: TransactionClosureScope<Engine>) -> any Transaction

    /// Decides what follows after a closure's transaction has ended with `error` that many times.
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

    /// Runs `attempt` until it succeeds, or until the engine says that its error is the caller's.
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

    /// How many commits there were; each was flushed.
    public var commits: Int { workers.commits }

    /// How many transactions were in those commits.
    public var transactions: Int { workers.transactions }

    public func endScans() { workers.endScans() }
    public func releaseMemory() { workers.releaseMemory() }
    public func close() async { await workers.close() }
    package func acquireExclusive() async throws -> Bool { workers.acquireExclusive() }
}
