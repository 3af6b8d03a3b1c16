public import Kernel
import Synchronization
public import Telemetry

/// Lets a bounded number of calls run at once and a bounded number wait for their turn, first come, first served.
/// So one slow destination cannot take all there is.
public final class Bulkhead: Sendable {
    public enum Rejection: Error, Sendable, Hashable, CustomStringConvertible {
        /// As many wait already as may.
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

    /// A call in the queue; it is given `nil` when it has its turn.
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

    /// Waits for a turn. Every turn must be given back with `release()`.
    public func acquire() async throws(Rejection) {
        let waiter = Waiter()
        switch queue.withLock({ $0.enter(waiter) }) {
        case .running: running.increment()
        case .full:
            rejected.increment()
            throw .full
        case .waiting:
            // A turn that is handed over counts as running already.
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

    /// Whoever takes the waiter out of the queue tells it: so it is told once, and no turn is lost.
    private func withdraw(_ waiter: Waiter, _ rejection: Rejection) {
        if queue.withLock({ $0.withdraw { $0 === waiter } }) { waiter.give(rejection) }
    }

    var counts: (running: Int, waiting: Int) { queue.withLock { ($0.running, $0.waiting.count) } }
}
