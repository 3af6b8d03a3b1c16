import Kernel
import Storage

/// A transaction's body that waits for its turn on a worker, and the caller that waits for its outcome.
protocol TransactionJob: Sendable {
    var transaction: SQLiteTransaction { get }

    /// Runs the body on the calling thread, to its end or to where it breaks the rule. Gives the error it ended with.
    func run(on connection: Connection) -> (any Error)?

    /// Lets the caller go on: with what the body gave, or with `error`.
    func resume(failing error: (any Error)?)
}

final class BodyJob<Value: Sendable>: TransactionJob, @unchecked Sendable {
    // What varies is written and read by the thread that runs the job, and by no other: see `finish`.
    private var hasRun = false
    private var outcome: Result<Value, any Error>?
    private let executor: BodyExecutor
    private let continuation: CheckedContinuation<Value, any Error>
    let transaction = SQLiteTransaction()

    init(worker: any Worker, continuation: CheckedContinuation<Value, any Error>) {
        executor = BodyExecutor(worker: worker)
        self.continuation = continuation
    }

    /// Made in the caller's task, so that the body sees the caller's task-local values. It does not run before `run`:
    /// the executor holds it back.
    func prepare(_ body: @escaping @Sendable (SQLiteTransaction) async throws -> Value) {
        _ = Task(executorPreference: executor) { [self] in
            guard transaction.isHere else { return }
            do {
                finish(.success(try await body(transaction)))
            } catch {
                finish(.failure(error))
            }
        }
    }

    func run(on connection: Connection) -> (any Error)? {
        hasRun = true
        transaction.begin(on: connection)
        executor.drain()
        transaction.end()
        switch outcome {
        case .success: return nil
        case .failure(let error): return error
        case nil: return Self.strayed
        }
    }

    func resume(failing error: (any Error)?) {
        // The task of a body that never had its turn is freed without running the body.
        if !hasRun { executor.drain() }
        if let error {
            continuation.resume(throwing: error)
        } else {
            continuation.resume(with: outcome ?? .failure(Self.strayed))
        }
    }

    private func finish(_ result: Result<Value, any Error>) {
        // A body that strayed ends later, on whichever thread: its outcome is settled already.
        guard transaction.isHere else { return }
        outcome = result
    }

    private static var strayed: any Error {
        StorageError(
            .internalFailure,
            "a transaction's body may await the transaction it is given and nothing else; this one waited for something "
                + "else and was rolled back")
    }
}
