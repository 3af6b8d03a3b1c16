package import Kernel
package import Storage
import Synchronization

/// Gathers what callers on any thread ask for and gives it to a worker in batches: while one batch is being worked on,
/// the next one fills. This is what makes group commit.
package final class BatchQueue<Item: Sendable>: Sendable {
    private struct State {
        var waiting: [Item] = []
        var isScheduled = false
        var isClosed = false
    }
    private let state = Mutex(State())
    private let worker: any Worker
    private let batchSize: Int
    private let limit: Int
    private let handle: @Sendable (ArraySlice<Item>) -> Void

    /// `handle` runs on the worker, with at most `batchSize` items in the order they came.
    package init(
        worker: any Worker, batchSize: Int, limit: Int = 65_536,
        handle: @escaping @Sendable (ArraySlice<Item>) -> Void
    ) {
        self.worker = worker
        self.batchSize = batchSize
        self.limit = limit
        self.handle = handle
    }

    /// Throws `StorageError` `.closed` after `close`, `.unavailable` when too much waits already.
    package func add(_ item: Item) throws(StorageError) {
        let outcome = state.withLock { state -> Result<Bool, StorageError> in
            guard !state.isClosed else { return .failure(StorageError(.closed, "the database is closed")) }
            guard state.waiting.count < limit else {
                return .failure(StorageError(.unavailable, "too many transactions wait already"))
            }
            state.waiting.append(item)
            defer { state.isScheduled = true }
            return .success(!state.isScheduled)
        }
        if try outcome.get() { worker.submit { self.run() } }
    }

    /// Takes nothing more. What waits is still worked on, before any job that the worker is given from now on.
    package func close() {
        state.withLock { $0.isClosed = true }
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
