public import Kernel

/// One process of a simulated world: a view of the world's loop that can die alone.
///
/// Everything that a node has begun belongs to it: jobs, actions, timers, workers. `kill` ends all of that between two
/// steps, as `kill -9` does, and leaves the other nodes running. Whoever waits for the dead waits until its own
/// timeout.
public final class SimulatedNode: Loop, @unchecked Sendable {  // used by its world's thread only
    public let name: String
    public let world: SimulatedLoop
    public private(set) var isAlive = true
    /// Work that was never run. It is kept, with this node, for good: freeing it would free continuations that are
    /// never resumed, and the runtime takes that for a mistake.
    private var buried: [SimulatedLoop.Work] = []
    private var grave: SimulatedNode?

    init(name: String, world: SimulatedLoop) {
        self.name = name
        self.world = world
    }

    public var now: Timestamp { world.now }

    public var uptime: Duration { world.uptime }

    public func random() -> UInt64 { world.random() }

    public func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    public func execute(_ action: @escaping @Sendable () -> Void) {
        add(.action(action))
    }

    @discardableResult
    public func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        guard isAlive else {
            bury(.action(action))
            return ScheduledAction()
        }
        return world.schedule(after: delay, for: self, action)
    }

    public func makeWorker(named name: String) -> any Worker { SimulatedWorker(loop: self) }

    /// Nothing of this node runs from now on, the rest of the current step excepted.
    public func kill() {
        guard isAlive else { return }
        isAlive = false
        grave = self
        buried += world.removeWork(of: self)
    }

    private func add(_ work: SimulatedLoop.Work) {
        if isAlive { world.add(work, of: self) } else { bury(work) }
    }

    private func bury(_ work: SimulatedLoop.Work) {
        buried.append(work)
    }
}
