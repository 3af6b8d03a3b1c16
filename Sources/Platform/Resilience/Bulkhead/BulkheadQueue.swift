/// Who runs and who waits: the bulkhead's decisions without lock or task.
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

    /// The one whose turn it is now: it takes over the place, so the number of running ones stays.
    mutating func leave() -> Waiter? {
        precondition(running > 0, "more turns were given back than taken")
        if !waiting.isEmpty { return waiting.removeFirst() }
        running -= 1
        return nil
    }

    /// `false` when it does not wait (any more).
    mutating func withdraw(_ isMeant: (Waiter) -> Bool) -> Bool {
        guard let index = waiting.firstIndex(where: isMeant) else { return false }
        waiting.remove(at: index)
        return true
    }
}
