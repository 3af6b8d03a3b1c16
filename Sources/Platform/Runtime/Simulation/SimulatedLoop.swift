import Glibc
public import Kernel

/// A loop on the calling thread with virtual time and an order of jobs that a seed picks. One seed, one run: everything
/// that a service does on it happens again in the same order with the same times and random numbers.
public final class SimulatedLoop: Loop, @unchecked Sendable {  // used by its home thread only; others are refused
    private enum Work {
        case job(UnownedJob)
        case action(@Sendable () -> Void)
    }
    private struct Timer {
        let due: Duration
        let order: UInt64
        let handle: ScheduledAction
        let action: @Sendable () -> Void
    }
    private var ready: [Work] = []
    private var timers: [Timer] = []
    private var scheduler: SplitMix64
    private var numbers: SplitMix64
    private var order: UInt64 = 0
    private let home = pthread_self()
    private let epoch: Timestamp

    public private(set) var uptime: Duration = .zero
    /// How many jobs ran.
    public private(set) var steps = 0

    public init(seed: UInt64, startingAt epoch: Timestamp = Timestamp(milliseconds: 1_767_225_600_000)) {
        self.epoch = epoch
        var seeds = SplitMix64(seed: seed)
        scheduler = SplitMix64(seed: seeds.next())
        numbers = SplitMix64(seed: seeds.next())
    }

    public var now: Timestamp { epoch + uptime }

    public func random() -> UInt64 { numbers.next() }

    public func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    public func execute(_ action: @escaping @Sendable () -> Void) {
        add(.action(action))
    }

    @discardableResult
    public func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        precondition(pthread_self() == home, "a simulated loop was used from another thread")
        let handle = ScheduledAction()
        order += 1
        timers.append(Timer(due: uptime + max(delay, .zero), order: order, handle: handle, action: action))
        return handle
    }

    public func makeWorker(named name: String) -> any Worker { SimulatedWorker(loop: self) }

    /// Runs `body` as a task on this loop until it has ended. Throws what it throws, or `Stuck` when nothing is left
    /// to run while it still waits.
    public func run<Result: Sendable>(
        limit: Int = 10_000_000, _ body: @escaping @Sendable () async throws -> Result
    ) throws -> Result {
        let outcome = Outcome<Result>()
        _ = Task(executorPreference: self) {
            do { outcome.result = .success(try await body()) } catch { outcome.result = .failure(error) }
        }
        let end = steps + limit
        while outcome.result == nil {
            guard step(), steps < end else { throw Stuck(steps: steps, uptime: uptime) }
        }
        return try outcome.result!.get()
    }

    /// Runs what is ready, or else lets time jump to the next timer. `false` when there is neither.
    public func step() -> Bool {
        if !ready.isEmpty {
            let work = ready.remove(at: Int(scheduler.next() % UInt64(ready.count)))
            steps += 1
            switch work {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .action(let action): action()
            }
            return true
        }
        timers.removeAll { $0.handle.isCancelled }
        guard
            let next = timers.indices.min(by: {
                (timers[$0].due, timers[$0].order) < (timers[$1].due, timers[$1].order)
            })
        else { return false }
        let timer = timers.remove(at: next)
        uptime = timer.due
        steps += 1
        timer.action()
        return true
    }

    private func add(_ work: Work) {
        precondition(pthread_self() == home, "a job escaped from the simulated loop to another thread")
        ready.append(work)
    }

    /// The simulation cannot go on: a deadlock, or a task that waits for something outside of the loop.
    public struct Stuck: Error {
        public let steps: Int
        public let uptime: Duration
    }
}

private final class Outcome<Value: Sendable>: @unchecked Sendable {  // written and read on the loop's one thread
    var result: Result<Value, any Error>?
}
