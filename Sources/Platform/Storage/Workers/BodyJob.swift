package import Kernel

/// A body on its way to a worker and back.
package final class BodyJob<Engine, Value: Sendable>: TransactionJob, @unchecked Sendable {
    // What varies is written by the thread that runs the job, and by no other (see `finish`), and read when it has run.
    private var hasRun = false
    private var outcome: Result<Value, any Error>?
    private let executor: BodyExecutor
    private let continuation: CheckedContinuation<Value, any Error>
    package let scope: BodyScope<Engine>

    package init(worker: any Worker, stop: ReadStop? = nil, continuation: CheckedContinuation<Value, any Error>) {
        executor = BodyExecutor(worker: worker)
        scope = BodyScope(stop: stop)
        self.continuation = continuation
    }

    /// Made in the caller's task, so that the body sees the caller's task-local values. It does not run before `run`:
    /// the executor holds it back.
    package func prepare(_ body: @escaping @Sendable (BodyScope<Engine>) async throws -> Value) {
        _ = Task(executorPreference: executor) { [self] in
            guard scope.isHere else { return }
            do {
                finish(.success(try await body(scope)))
            } catch {
                finish(.failure(error))
            }
        }
    }

    package func run(on engine: Engine) -> (any Error)? {
        if let reason = scope.stop?.reason { return reason }
        hasRun = true
        let interruptible = scope.stop == nil ? nil : engine as? any InterruptibleEngine
        if let interruptible { scope.stop?.begin { interruptible.interrupt() } }
        scope.begin(on: engine)
        executor.drain()
        scope.end()
        scope.stop?.end()
        interruptible?.endInterruption()
        switch outcome {
        case .success: return nil
        // The engine knows only that it was broken off.
        case .failure(let error): return scope.stop?.reason ?? error
        case nil: return Self.strayed
        }
    }

    package func resume(failing error: (any Error)?) {
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
        guard scope.isHere else { return }
        outcome = result
    }

    private static var strayed: any Error {
        StorageError(
            .internalFailure,
            "a transaction's body may await the transaction it is given and nothing else; this one waited for something "
                + "else and was rolled back")
    }
}
