import Glibc
package import Kernel
import Synchronization

/// Gives a transaction's handle the engine, on the thread that runs the transaction closure and while it runs, and
/// nowhere else.
package final class TransactionClosureScope<Engine>: @unchecked Sendable {
    // `engine` and `hooks` are touched only by the thread noted in `owner`, and by the worker before and after.
    private let owner = Atomic<UInt>(0)
    private var engine: Engine?
    private var hooks: [@Sendable () -> Void] = []

    /// Ends the closure from outside if possible.
    package let stop: ReadStop?

    package init(stop: ReadStop? = nil) { self.stop = stop }

    /// Whether the caller is the running closure.
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

    /// Keeps what is to run once the transaction is durable.
    package func add(hook: @escaping @Sendable () -> Void) {
        // A closure that was suspended elsewhere was rolled back: the hook's reason is not durable, so it never runs.
        if isHere { hooks.append(hook) }
    }

    package var hookCount: Int { hooks.count }

    /// Lets go of the hooks of what was undone.
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

    /// Runs the closure on the calling thread, to its end or to where it breaks the rule. Returns the error that it
    /// ended with.
    func run(on engine: Engine) -> (any Error)?

    /// Lets the caller go on: with the closure's result, or with `error`.
    func resume(failing error: (any Error)?)
}

/// A transaction closure on its way to a worker and back.
package final class TransactionClosureJob<Engine, Value: Sendable>: TransactionJob, @unchecked Sendable {
    // What varies is written by the thread that runs the job, and by no other (see `finish`), and read when it has run.
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

    /// Makes a task of the caller's, so that the closure sees the caller's task-local values. It does not run before
    /// `run`: the executor holds it back.
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
        // The engine knows only that it was broken off.
        case .failure(let error): return scope.stop?.reason ?? error
        case nil: return Self.suspendedOutsideTransaction
        }
    }

    package func resume(failing error: (any Error)?) {
        // The task of a closure that never had its turn is freed without running the closure.
        if !hasRun { executor.drain() }
        if let error {
            continuation.resume(throwing: error)
        } else {
            continuation.resume(with: outcome ?? .failure(Self.suspendedOutsideTransaction))
        }
    }

    private func finish(_ result: Result<Value, any Error>) {
        // A closure that was suspended outside its transaction ends later, on whichever thread: its outcome is settled.
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

/// Runs one transaction closure, and the tasks that it starts, in place on the worker's thread. A closure that awaits
/// its transaction only is finished when nothing is left to run; one that waits for something else is not.
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
        // What comes back from elsewhere has lost its transaction; it still has to run to its end, to free what it
        // holds.
        if !isKept { worker.submit { job.runSynchronously(on: self.asUnownedTaskExecutor()) } }
    }

    func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// Runs all there is on the calling thread.
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
