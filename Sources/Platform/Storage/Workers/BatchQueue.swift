package import Kernel
import Synchronization

/// Gathers what callers on any thread ask for and gives it to a worker in batches: while one batch is being worked on,
/// the next one fills. This is what makes group commit.
package final class BatchQueue<Item: Sendable>: Sendable {
    private struct State {
        var waiting: [Item] = []
        var isScheduled = false
    }
    private let state = Mutex(State())
    private let gate: WorkerGate
    private let batchSize: Int
    private let limit: Int
    private let handle: @Sendable (ArraySlice<Item>) -> Void

    /// `handle` runs on the worker, with at most `batchSize` items in the order they came.
    package init(
        gate: WorkerGate, batchSize: Int, limit: Int = 65_536,
        handle: @escaping @Sendable (ArraySlice<Item>) -> Void
    ) {
        self.gate = gate
        self.batchSize = batchSize
        self.limit = limit
        self.handle = handle
    }

    /// Throws `StorageError` `.closed` when the gate is closed, `.unavailable` when too much waits already.
    package func add(_ item: Item) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            guard state.waiting.count < limit else {
                throw StorageError(.unavailable, "too many transactions wait already")
            }
            // Inside the lock, so that the gate cannot close between the two.
            if !state.isScheduled { try gate.submit { self.run() } }
            state.isScheduled = true
            state.waiting.append(item)
        }
    }

    private func run() {
        while let taken = take() {
            var rest = taken[...]
            while !rest.isEmpty {
                handle(rest.prefix(batchSize))
                rest = rest.dropFirst(batchSize)
            }
        }
    }

    private func take() -> [Item]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isScheduled = false
                return nil
            }
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}

extension BatchQueue {
    /// Runs a transaction closure among those that wait, and returns its result once its outcome is known.
    package func run<Engine, Value: Sendable>(
        on worker: any Worker, _ loop: any Loop, stop: ReadStop? = nil,
        _ closure: @escaping @Sendable (TransactionClosureScope<Engine>) async throws -> Value
    ) async throws -> Value where Item == any TransactionJob<Engine> {
        try await withCheckedThrowingContinuation { continuation in
            let job = TransactionClosureJob<Engine, Value>(worker: worker, stop: stop, continuation: continuation)
            job.prepare(closure)
            do { try add(job) } catch { loop.execute { job.resume(failing: error) } }
        }
    }
}
