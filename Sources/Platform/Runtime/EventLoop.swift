import Glibc
public import Kernel
import Synchronization

/// A thread with an epoll set that is also a Swift task executor: sockets, timers and tasks share it, and nothing that
/// runs on it hops to another thread. Nothing that runs on it may block.
///
/// A loop lives once, from `start()` to `stop()`. What is handed to it before `start()` waits; what is handed to it after
/// `stop()` does not run.
public final class EventLoop: Loop, @unchecked Sendable {  // what is neither immutable nor locked is its thread's own
    public let name: String

    private let poller = Poller()
    private let remote = RemoteQueue()
    private let reserve = RandomReserve()
    private let threadID = Atomic<UInt>(0)
    private let ended = Mutex<Semaphore?>(nil)
    private let began = SystemClock.monotonic
    let turns = LoopTurns()

    private var queue: [Work] = []
    private var batch: [Work] = []
    private var timers = TimerHeap()
    private var watchers: [Int32: Watcher] = [:]
    private var sources: [Source] = []
    private var endOfTickActions: [() -> Void] = []

    /// In nanoseconds; no further round of the queue begins later than that.
    private static let queueTime: UInt64 = 5_000_000

    private struct Watcher {
        let handler: (Events) -> Void
        var events: Events
    }

    private struct Source {
        let id: SourceID
        let prepare: () -> Duration?
    }

    public init(name: String) {
        self.name = name
    }

    /// Starts the loop's thread.
    public func start() {
        let latch = Semaphore()
        ended.withLock { ended in
            precondition(ended == nil, "the loop \(name) is started already")
            ended = latch
        }
        startThread(named: name) {
            self.run()
            latch.signal()
        }
    }

    /// Runs what is ready, then ends the thread and returns. Timers that are not due do not run. Stop what uses the
    /// loop (servers, clients, tasks) first.
    public func stop() {
        precondition(!isCurrent, "a loop cannot stop itself: it would wait for its own end")
        let latch = ended.withLock { $0 }
        guard let latch else { return }
        if remote.requestStop() { poller.wake() }
        latch.wait()
        // For others who wait too: it has ended for good.
        latch.signal()
    }

    /// Whether the caller runs on the loop's thread.
    public var isCurrent: Bool { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

    // MARK: Loop

    public var now: Timestamp { Timestamp(milliseconds: Int64(SystemClock.wall / 1_000_000)) }

    public var uptime: Duration { .nanoseconds(SystemClock.monotonic - began) }

    public func random() -> UInt64 { reserve.next() }

    public func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    public func execute(_ action: @escaping @Sendable () -> Void) {
        add(.action(action))
    }

    @discardableResult
    public func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        let handle = ScheduledAction()
        let due = SystemClock.monotonic &+ UInt64(clamping: max(delay, .zero).wholeNanosecondsClamped)
        let timer = TimerHeap.Timer(due: due, handle: handle, action: action)
        if isCurrent { timers.insert(timer) } else { add(.timer(timer)) }
        return handle
    }

    public func makeWorker(named name: String) -> any Worker { ThreadWorker(name: name, loop: self) }

    /// Says what the loop begins, for whoever asks what it hangs at.
    public func note(_ work: String) { turns.note(work) }

    // MARK: Descriptors

    /// Calls `handler` on the loop's thread whenever `descriptor` is ready (level-triggered), until `unwatch`. For a
    /// descriptor that is watched already this replaces what it is watched for. On the loop's thread only.
    public func watch(_ descriptor: Int32, _ events: Events, _ handler: @escaping (Events) -> Void) {
        precondition(isCurrent, "descriptors are watched from the loop's own thread")
        let isNew = watchers.updateValue(Watcher(handler: handler, events: events), forKey: descriptor) == nil
        if isNew { poller.add(descriptor, events) } else { poller.change(descriptor, events) }
    }

    /// Ends what `watch` began; call it before the descriptor is closed. On the loop's thread only.
    public func unwatch(_ descriptor: Int32) {
        precondition(isCurrent, "descriptors are watched from the loop's own thread")
        if watchers.removeValue(forKey: descriptor) != nil { poller.remove(descriptor) }
    }

    /// Names what `addSource` added.
    public struct SourceID: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    /// Calls `prepare` on the loop's thread each time before the loop sleeps, after tasks and timers have run. It does
    /// what it has to do and says how long the loop may sleep at most: `nil` for as long as it likes, zero to be called
    /// again at once. On the loop's thread only.
    public func addSource(_ prepare: @escaping () -> Duration?) -> SourceID {
        precondition(isCurrent, "sources are added from the loop's own thread")
        let id = SourceID(number: (sources.last?.id.number ?? 0) + 1)
        sources.append(Source(id: id, prepare: prepare))
        return id
    }

    public func removeSource(_ id: SourceID) {
        precondition(isCurrent, "sources are removed from the loop's own thread")
        sources.removeAll { $0.id == id }
    }

    // MARK: Rounds

    /// Calls `action` once, when this round has run what was ready and before the loop sleeps: for what costs less when
    /// all that a round asks for shares it. On the loop's thread only.
    func atEndOfRound(_ action: @escaping () -> Void) {
        precondition(isCurrent, "a round is the loop's own thread's")
        endOfTickActions.append(action)
    }

    private func endRound() {
        while !endOfTickActions.isEmpty {
            let actions = endOfTickActions
            endOfTickActions.removeAll(keepingCapacity: true)
            for action in actions { action() }
        }
    }

    // MARK: The thread

    private func add(_ work: sending Work) {
        if isCurrent {
            queue.append(work)
        } else if remote.push(work) {
            poller.wake()
        }
    }

    private func run() {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        defer { threadID.store(0, ordering: .relaxed) }
        blockBrokenPipeSignal()
        turns.begin(at: SystemClock.monotonic)
        while true {
            remote.take(into: &queue)
            runQueue()
            fireTimers()
            let limit = prepareSources()
            endRound()
            guard let milliseconds = pause(atMost: limit) else { return discardPendingWork() }
            turns.end(at: SystemClock.monotonic)
            poller.wait(milliseconds: milliseconds) {
                turns.begin(at: SystemClock.monotonic)
            } forEach: { ready in
                // A handler before this one in the same round may have ended the watch.
                guard let watcher = watchers[ready.descriptor] else { return }
                watcher.handler(ready.events)
            }
        }
    }

    /// Runs what was queued when it began and rounds of what that queued in turn, bounded in number and time, so that
    /// tasks which keep each other busy cannot starve the sockets.
    private func runQueue() {
        let end = SystemClock.monotonic &+ Self.queueTime
        for round in 0..<16 where !queue.isEmpty && (round == 0 || SystemClock.monotonic < end) {
            swap(&queue, &batch)
            for work in batch {
                switch work {
                case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
                case .action(let action): action()
                case .timer(let timer): timers.insert(timer)
                }
            }
            batch.removeAll(keepingCapacity: true)
        }
    }

    private func fireTimers() {
        guard !timers.isEmpty else { return }
        let time = SystemClock.monotonic
        while let timer = timers.popDue(at: time) { timer.action() }
    }

    private func prepareSources() -> Duration? {
        var limit: Duration?
        for source in sources {
            guard let wish = source.prepare() else { continue }
            limit = min(limit ?? wish, wish)
        }
        return limit
    }

    /// How long to sleep, in epoll's terms; `nil` when the loop has been stopped.
    private func pause(atMost limit: Duration?) -> Int32? {
        guard queue.isEmpty, limit != .zero else { return 0 }
        switch remote.prepareToSleep() {
        case .work: return 0
        case .end: return nil
        case .sleep: break
        }
        var nanoseconds = limit.map { UInt64(clamping: $0.wholeNanosecondsClamped) } ?? .max
        if let due = timers.nextDue {
            let time = SystemClock.monotonic
            nanoseconds = min(nanoseconds, due > time ? due - time : 0)
        }
        // Rounded up, or the last millisecond before a timer would be spent polling.
        return nanoseconds == .max ? -1 : Int32(clamping: (nanoseconds + 999_999) / 1_000_000)
    }

    /// Lets go of what will never run: it refers back to the loop more often than not.
    private func discardPendingWork() {
        timers = TimerHeap()
        for descriptor in watchers.keys { poller.remove(descriptor) }
        watchers = [:]
        sources = []
        // What was let go may have handed over its last work.
        endRound()
    }

    /// A peer that has gone must be an error of one write, not the end of the process.
    private func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

extension Duration {
    /// Durations beyond Int64's 292 years stand for "never".
    fileprivate var wholeNanosecondsClamped: Int64 {
        components.seconds > 9_000_000_000 ? .max : wholeNanoseconds
    }
}

extension EventLoop {
    /// At once where the caller is on the loop already.
    package func runOrExecute(_ action: @escaping @Sendable () -> Void) {
        if isCurrent { action() } else { execute(action) }
    }
}
