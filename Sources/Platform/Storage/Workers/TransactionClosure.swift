import Glibc
package import Kernel
import Synchronization

/// Gives the handle of a transaction its engine, but only on the thread that runs the transaction closure, and only
/// while the closure runs.
package final class TransactionClosureScope<Engine>: @unchecked Sendable {
    // Only the thread in `owner` uses `engine` and `hooks` while the closure runs; before and after that, only the
    // worker does.
    private let owner = Atomic<UInt>(0)
    private var engine: Engine?
    private var hooks: [@Sendable () -> Void] = []

    /// Ends the closure from another thread; `nil` if nothing but the closure itself can end it.
    package let stop: ReadStop?

    package init(stop: ReadStop? = nil) { self.stop = stop }

    /// Whether the calling thread is running the closure now.
    package var isHere: Bool { owner.load(ordering: .acquiring) == UInt(pthread_self()) }

    func begin(on engine: Engine) {
        self.engine = engine
        owner.store(UInt(pthread_self()), ordering: .releasing)
    }

    func end() {
        owner.store(0, ordering: .releasing)
        engine = nil
    }

    package func open() throws(StorageError) -> Engine {
        guard isHere, let engine else {
            throw StorageError(.internalFailure, "a transaction was used outside of its closure")
        }
        return engine
    }

    /// Keeps a hook, which runs once the transaction is durable.
    package func add(hook: @escaping @Sendable () -> Void) {
        // If the closure awaited anything but its transaction, it was rolled back. The hook would report a change that
        // is not stored, so it is not kept.
        if isHere { hooks.append(hook) }
    }

    package var hookCount: Int { hooks.count }

    /// Drops all hooks but the first `count`, because the changes that they report were undone.
    package func dropHooks(after count: Int) { hooks.removeSubrange(count...) }

    package func takeHooks() -> [@Sendable () -> Void] {
        defer { hooks = [] }
        return hooks
    }
}

/// A transaction closure that waits for its turn on a worker, and the caller that waits for its outcome.
package protocol TransactionJob<Engine>: Sendable {
    associatedtype Engine

    var scope: TransactionClosureScope<Engine> { get }

    /// Runs the closure on the calling thread until it ends, or until it awaits anything but its transaction. Returns
    /// the error with which it failed; `nil` if it succeeded.
    func run(on engine: Engine) -> (any Error)?

    /// Resumes the caller with `error`, or with the closure's result if `error` is `nil`.
    func resume(failing error: (any Error)?)
}

/// A transaction closure that is handed to a worker, and whose result is handed back to the caller.
package final class TransactionClosureJob<Engine, Value: Sendable>: TransactionJob, @unchecked Sendable {
    // Only the thread that runs the job writes `hasRun` and `outcome` (see `finish`); they are read after it has run.
    private var hasRun = false
    private var outcome: Result<Value, any Error>?
    private let executor: TransactionClosureExecutor
    private let continuation: CheckedContinuation<Value, any Error>
    package let scope: TransactionClosureScope<Engine>

    package init(worker: any Worker, stop: ReadStop? = nil, continuation: CheckedContinuation<Value, any Error>) {
        executor = TransactionClosureExecutor(worker: worker)
        scope = TransactionClosureScope(stop: stop)
        self.continuation = continuation
    }

    /// Makes the task that runs the closure. It is made in the caller's task, so that the closure sees the caller's
    /// task-local values. The executor holds it back until `run`.
    package func prepare(_ closure: @escaping @Sendable (TransactionClosureScope<Engine>) async throws -> Value) {
        _ = Task(executorPreference: executor) { [self] in
            guard scope.isHere else { return }
            do {
                finish(.success(try await closure(scope)))
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
        // The engine reports only that it was interrupted; the stop knows why.
        case .failure(let error): return scope.stop?.reason ?? error
        case nil: return Self.suspendedOutsideTransaction
        }
    }

    package func resume(failing error: (any Error)?) {
        // If the closure never had its turn, its task still has to end to be freed. It ends without running the
        // closure.
        if !hasRun { executor.drain() }
        if let error {
            continuation.resume(throwing: error)
        } else {
            continuation.resume(with: outcome ?? .failure(Self.suspendedOutsideTransaction))
        }
    }

    private func finish(_ result: Result<Value, any Error>) {
        // A closure that awaited anything but its transaction ends later, on any thread. It has already failed.
        guard scope.isHere else { return }
        outcome = result
    }

    private static var suspendedOutsideTransaction: any Error {
        StorageError(
            .internalFailure,
            "a transaction closure may await the transaction that it is given and nothing else; this one waited for "
                + "something else and was rolled back")
    }
}

/// Runs one transaction closure, and the tasks that it starts, on the worker's thread. If the closure awaits only its
/// transaction, it has ended when no job is left to run. If it awaits anything else, it has not ended then, and it
/// fails.
final class TransactionClosureExecutor: TaskExecutor {
    private enum Phase {
        case waiting
        case running(pthread_t)
        case ended
    }
    private struct State {
        var phase = Phase.waiting
        var jobs: [UnownedJob] = []
    }
    private let state = Mutex(State())
    private let worker: any Worker

    init(worker: any Worker) {
        self.worker = worker
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isKept = state.withLock { state in
            switch state.phase {
            case .waiting: break
            case .running(let thread) where thread == pthread_self(): break
            default: return false
            }
            state.jobs.append(job)
            return true
        }
        // A job that another thread enqueues, or that comes after the end, has lost its transaction. It still has to
        // run to its end, so that what it holds is freed.
        if !isKept { worker.submit { job.runSynchronously(on: self.asUnownedTaskExecutor()) } }
    }

    func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// Runs jobs on the calling thread until none is left.
    func drain() {
        state.withLock { $0.phase = .running(pthread_self()) }
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        state.withLock { state in
            guard !state.jobs.isEmpty else {
                state.phase = .ended
                return nil
            }
            return state.jobs.removeFirst()
        }
    }
}
