public import Kernel
import Synchronization
public import Telemetry

/// Lets a bounded number of calls run at once and a bounded number wait for their turn, first come, first served.
/// A slow destination therefore cannot use up the resources of all others.
public final class Bulkhead: Sendable {
    public enum Rejection: Error, Sendable, Hashable, CustomStringConvertible {
        /// The queue has no room for another call.
        case full
        case waitedTooLong
        case cancelled

        public var description: String {
            switch self {
            case .full: "too many calls wait already"
            case .waitedTooLong: "the call waited too long for its turn"
            case .cancelled: "the call was given up while it waited for its turn"
            }
        }
    }

    /// A call in the queue; it receives `nil` when its turn comes.
    private typealias Waiter = OneShot<Rejection?>

    public let name: String
    private let loop: any Loop
    private let maximumWait: Duration
    private let queue: Mutex<BulkheadQueue<Waiter>>
    private let running: Gauge
    private let rejected: Counter

    public init(
        name: String, maximumConcurrent: Int = 64, maximumWaiting: Int = 256, maximumWait: Duration = .seconds(5),
        loop: any Loop, metrics: MetricsRegistry
    ) {
        precondition(maximumConcurrent >= 1 && maximumWaiting >= 0)
        self.name = name
        self.loop = loop
        self.maximumWait = maximumWait
        queue = Mutex(BulkheadQueue(maximumRunning: maximumConcurrent, maximumWaiting: maximumWaiting))
        running = metrics.gauge("sambal_bulkhead_running", help: "Calls under way.", labels: ["destination"]).labelled(
            name)
        rejected =
            metrics.counter(
                "sambal_bulkhead_rejected_total", help: "Calls that found no room.", labels: ["destination"]
            ).labelled(name)
    }

    /// Waits for a turn. Each turn must be returned by `release()`.
    public func acquire() async throws(Rejection) {
        let waiter = Waiter()
        switch queue.withLock({ $0.enter(waiter) }) {
        case .running: running.increment()
        case .full:
            rejected.increment()
            throw .full
        case .waiting:
            // A call that takes over a turn is counted as running already.
            if let rejection = await wait(waiter) {
                if rejection != .cancelled { rejected.increment() }
                throw rejection
            }
        }
    }

    public func release() {
        let next = queue.withLock { $0.leave() }
        guard let next else { return running.decrement() }
        next.give(nil)
    }

    private func wait(_ waiter: Waiter) async -> Rejection? {
        let timer = loop.schedule(after: maximumWait) { self.withdraw(waiter, .waitedTooLong) }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await waiter.value()
        } onCancel: {
            withdraw(waiter, .cancelled)
        }
    }

    /// Rejects a waiting call if it is still in the queue. Only the caller that removes it resumes it: it is resumed
    /// once, and no turn is lost.
    private func withdraw(_ waiter: Waiter, _ rejection: Rejection) {
        if queue.withLock({ $0.withdraw { $0 === waiter } }) { waiter.give(rejection) }
    }

    var counts: (running: Int, waiting: Int) { queue.withLock { ($0.running, $0.waiting.count) } }
}
