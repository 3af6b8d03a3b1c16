import Glibc
public import Kernel

/// A loop on the calling thread with virtual time and an order of jobs that a seed picks. One seed, one run: everything
/// that a service does on it happens again in the same order with the same times and random numbers.
public final class SimulatedLoop: Loop, @unchecked Sendable {  // used by its home thread only; others are refused
    enum Work {
        case job(UnownedJob)
        case action(@Sendable () -> Void)
    }
    private struct Ready {
        let work: Work
        let node: SimulatedNode?
    }
    private struct Timer {
        let due: Duration
        let order: UInt64
        let handle: ScheduledAction
        let node: SimulatedNode?
        let action: @Sendable () -> Void
    }
    private var ready: [Ready] = []
    private var timers: [Timer] = []
    private var scheduler: SplitMix64
    private var numbers: SplitMix64
    private var order: UInt64 = 0
    private let threadID = pthread_self()
    private let epoch: Timestamp

    public private(set) var uptime: Duration = .zero
    /// How many jobs ran.
    public private(set) var steps = 0
    /// Whose job the last step was; `nil` when it was the loop's own.
    public private(set) var lastNode: SimulatedNode?

    public init(seed: UInt64, startingAt epoch: Timestamp = Timestamp(milliseconds: 1_767_225_600_000)) {
        self.epoch = epoch
        var seeds = SplitMix64(seed: seed)
        scheduler = SplitMix64(seed: seeds.next())
        numbers = SplitMix64(seed: seeds.next())
    }

    public var now: Timestamp { epoch + uptime }

    public func random() -> UInt64 { numbers.next() }

    public func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)), of: nil)
    }

    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    public func execute(_ action: @escaping @Sendable () -> Void) {
        add(.action(action), of: nil)
    }

    @discardableResult
    public func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        schedule(after: delay, for: nil, action)
    }

    func schedule(
        after delay: Duration, for node: SimulatedNode?, _ action: @escaping @Sendable () -> Void
    ) -> ScheduledAction {
        precondition(pthread_self() == threadID, "a simulated loop was used from another thread")
        let handle = ScheduledAction()
        order += 1
        timers.append(
            Timer(due: uptime + max(delay, .zero), order: order, handle: handle, node: node, action: action))
        return handle
    }

    public func makeWorker(named name: String) -> any Worker { SimulatedWorker(loop: self) }

    /// A process of its own in this world.
    public func makeNode(named name: String) -> SimulatedNode { SimulatedNode(name: name, world: self) }

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
            let next = ready.remove(at: Int(scheduler.next() % UInt64(ready.count)))
            steps += 1
            lastNode = next.node
            switch next.work {
            case .job(let job):
                job.runSynchronously(on: next.node?.asUnownedTaskExecutor() ?? asUnownedTaskExecutor())
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
        lastNode = timer.node
        timer.action()
        return true
    }

    func add(_ work: Work, of node: SimulatedNode?) {
        precondition(pthread_self() == threadID, "a job escaped from the simulated loop to another thread")
        ready.append(Ready(work: work, node: node))
    }

    /// Takes away what waits for a node's turn or time.
    func removeWork(of node: SimulatedNode) -> [Work] {
        let removed = ready.filter { $0.node === node }.map(\.work)
        ready.removeAll { $0.node === node }
        let actions = timers.filter { $0.node === node }.map { Work.action($0.action) }
        timers.removeAll { $0.node === node }
        return removed + actions
    }

    /// The simulation cannot go on: a deadlock, or a task that waits for something outside of the loop.
    public struct Stuck: Error, CustomStringConvertible {
        public let steps: Int
        public let uptime: Duration

        public var description: String { "the simulation cannot go on after \(steps) steps and \(uptime)" }
    }
}

private final class Outcome<Value: Sendable>: @unchecked Sendable {  // written and read on the loop's one thread
    var result: Result<Value, any Error>?
}
