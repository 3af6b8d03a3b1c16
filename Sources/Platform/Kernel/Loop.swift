import Synchronization

/// Where a service's tasks run, and its only source of time, randomness and threads.
///
/// The product runs on `EventLoop` (epoll, real time); tests run the same services on `SimulatedLoop` (one thread,
/// virtual time, seeded order). Code that asks a `Loop` for these things replays; code that reads a clock does not.
public protocol Loop: TaskExecutor {
    /// Wall-clock time.
    var now: Timestamp { get }

    /// Time since the loop began; never goes back. For measuring, not for storing.
    var uptime: Duration { get }

    /// The loop's random numbers: seeded under simulation.
    func random() -> UInt64

    /// Runs `action` on the loop's thread soon. May be called from any thread.
    func execute(_ action: @escaping @Sendable () -> Void)

    /// Runs `action` on the loop's thread after `delay`, unless cancelled before. May be called from any thread.
    @discardableResult
    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction

    /// A queue for work that blocks (a database's file): a thread of its own, or the loop itself under simulation.
    func makeWorker(named name: String) -> any Worker
}

/// Runs blocking work in the order of submission, one job at a time.
public protocol Worker: AnyObject, Sendable {
    func submit(_ job: @escaping @Sendable () -> Void)

    /// Takes no further jobs, finishes those that wait, then ends its thread.
    func stop()
}

extension Worker {
    /// Runs blocking work on the worker and returns its result. A caller that is cancelled does not wait for it: it throws
    /// `CancellationError`, and the work goes on.
    public func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let result = OneShot<Result<Value, any Error>>()
        submit { result.give(Result { try work() }) }
        return try await result.value(ifCancelled: .failure(CancellationError())).get()
    }
}

extension Loop {
    /// A task whose jobs all run on this loop. The caller owns it: keep it, and cancel or await it.
    public func start(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self) { await body() }
    }
}

/// A handle on something that will happen later on a loop.
public final class ScheduledAction: Sendable {
    private let cancelled = Atomic(false)

    public init() {}

    public var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Safe from any thread; without effect once the action has begun.
    public func cancel() { cancelled.store(true, ordering: .releasing) }
}

extension Loop {
    /// Waits on this loop's own time. Throws `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        let end = OneShot<Void>()
        let timer = schedule(after: duration) { end.give(()) }
        await withTaskCancellationHandler {
            await end.value()
        } onCancel: {
            timer.cancel()
            end.give(())
        }
        try Task.checkCancellation()
    }
}
