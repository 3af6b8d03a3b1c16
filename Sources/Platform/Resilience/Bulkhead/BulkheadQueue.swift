/// The bulkhead's decisions about running and waiting calls, without a lock or a task.
struct BulkheadQueue<Waiter: Sendable>: Sendable {
    enum Entry {
        case running, waiting, full
    }

    let maximumRunning: Int
    let maximumWaiting: Int
    private(set) var running = 0
    private(set) var waiting: [Waiter] = []

    init(maximumRunning: Int, maximumWaiting: Int) {
        self.maximumRunning = maximumRunning
        self.maximumWaiting = maximumWaiting
    }

    mutating func enter(_ waiter: Waiter) -> Entry {
        if running < maximumRunning {
            running += 1
            return .running
        }
        guard waiting.count < maximumWaiting else { return .full }
        waiting.append(waiter)
        return .waiting
    }

    /// Ends a running call. Returns the waiting call that takes its place, so that the number of running calls stays
    /// the same; `nil` if none waits.
    mutating func leave() -> Waiter? {
        precondition(running > 0, "more turns were given back than taken")
        if !waiting.isEmpty { return waiting.removeFirst() }
        running -= 1
        return nil
    }

    /// Removes a waiting call. Returns `false` if it does not wait, or no longer waits.
    mutating func withdraw(_ isMeant: (Waiter) -> Bool) -> Bool {
        guard let index = waiting.firstIndex(where: isMeant) else { return false }
        waiting.remove(at: index)
        return true
    }
}
