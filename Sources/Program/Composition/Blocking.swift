import Kernel
import Runtime
import Synchronization

extension EventLoop {
    /// Runs `body` on the loop while the calling thread, which must be another one, waits for it.
    nonisolated func wait<Value: Sendable>(for body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let outcome = WaitedOutcome<Value>()
        let task = start {
            do { outcome.finish(.success(try await body())) } catch { outcome.finish(.failure(error)) }
        }
        defer { withExtendedLifetime(task) {} }
        return try outcome.wait().get()
    }
}

/// A result that one thread waits for and another one delivers.
private final class WaitedOutcome<Value: Sendable>: @unchecked Sendable {
    // The semaphore orders the write before the read.
    private var result: Result<Value, any Error>?
    private let isThere = Semaphore()

    func finish(_ result: Result<Value, any Error>) {
        self.result = result
        isThere.signal()
    }

    func wait() -> Result<Value, any Error> {
        isThere.wait()
        guard let result else { preconditionFailure("woken without a result") }
        return result
    }
}
