package import Kernel
import Synchronization

/// The way to a worker: after it is closed, jobs are refused loudly where the worker itself would drop them, so that no
/// caller waits for ever.
package final class WorkerGate: Sendable {
    package let worker: any Worker
    private let isClosed = Mutex(false)

    package init(_ worker: any Worker) {
        self.worker = worker
    }

    /// Throws `StorageError` `.closed` when the gate is closed.
    package func submit(_ job: @escaping @Sendable () -> Void) throws(StorageError) {
        let isAccepted = isClosed.withLock { isClosed in
            if !isClosed { worker.submit(job) }
            return !isClosed
        }
        guard isAccepted else { throw StorageError(.closed, "the database is closed") }
    }

    /// Runs `body` on the worker and waits for what it gives.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try submit { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Runs what was accepted, then `last`, then ends the worker. Without effect the second time.
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
