package import Kernel
import Synchronization

/// The way to a worker. Once it is closed it refuses jobs with an error; the worker itself would drop them, and their
/// callers would wait for ever.
package final class WorkerGate: Sendable {
    package let worker: any Worker
    private let isClosed = Mutex(false)

    package init(_ worker: any Worker) {
        self.worker = worker
    }

    /// Throws `StorageError` `.closed` if the gate is closed.
    package func submit(_ job: @escaping @Sendable () -> Void) throws(StorageError) {
        let isAccepted = isClosed.withLock { isClosed in
            if !isClosed { worker.submit(job) }
            return !isClosed
        }
        guard isAccepted else { throw StorageError(.closed, "the database is closed") }
    }

    /// Runs `body` on the worker and returns its result.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try submit { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Runs the jobs that were accepted, then `last`, then ends the worker. The second call has no effect.
    package func close(_ last: @escaping @Sendable () -> Void) async {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        await withCheckedContinuation { continuation in
            worker.submit {
                last()
                continuation.resume()
            }
        }
        worker.stop()
    }
}
