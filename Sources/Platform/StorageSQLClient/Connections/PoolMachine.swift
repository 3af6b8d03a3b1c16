import Kernel

/// Decides who gets which connection of a pool. Takes what has happened, and the time where it matters, and returns
/// what is to be done; it touches no connection itself.
///
/// Where no connection can be made, it is tried again after delays that grow; meanwhile callers are refused at once,
/// unless there are connections that they can wait for.
package struct PoolMachine<Connection: Hashable & Sendable>: Sendable {
    package enum Action: Hashable, Sendable {
        case lease(Connection, to: Int)
        case refuse(Int, Refusal)
        /// The request waits: it is refused when its time is over.
        case startTimer(Int)
        case open
        case close(Connection)
        /// Everything that was begun has ended.
        case finish
    }
    package enum Refusal: Hashable, Sendable {
        case closed, unreachable, crowded, timedOut
    }
    private struct Waiter {
        let request: Int
        let isWriting: Bool
    }
    private struct Outage {
        let until: Duration
        let failures: Int
    }
    private let mostConnections: Int
    private let mostWaiters: Int
    private var idle: [Connection] = []
    /// Idle, leased, and on their way.
    private var total = 0
    private var waiters: [Waiter] = []
    private var writers: ConcurrencyLimit
    private var outage: Outage?
    private var isClosed = false
    private let backoff = RetryPolicy.exponential(from: .milliseconds(100), cap: .seconds(5))

    package init(connections: Int, waiters: Int = 65_536) {
        mostConnections = connections
        mostWaiters = waiters
        writers = ConcurrencyLimit(most: connections)
    }

    package mutating func request(_ request: Int, isWriting: Bool, now: Duration) -> [Action] {
        guard !isClosed else { return [.refuse(request, .closed)] }
        let hasRoom = !isWriting || writers.hasRoom
        if hasRoom, let connection = idle.popLast() {
            if isWriting { writers.begin() }
            return [.lease(connection, to: request)]
        }
        let mayOpen = outage.map { now >= $0.until } ?? true
        // Where there are some, only no more of them (the server takes no more clients, say), one of them will be free.
        if !mayOpen, total == 0 { return [.refuse(request, .unreachable)] }
        guard waiters.count < mostWaiters else { return [.refuse(request, .crowded)] }
        waiters.append(Waiter(request: request, isWriting: isWriting))
        guard hasRoom, mayOpen, total < mostConnections else { return [.startTimer(request)] }
        total += 1
        return [.startTimer(request), .open]
    }

    /// A request has waited for as long as it may.
    package mutating func timedOut(_ request: Int) -> [Action] {
        guard let index = waiters.firstIndex(where: { $0.request == request }) else { return [] }
        waiters.remove(at: index)
        return [.refuse(request, .timedOut)]
    }

    /// A connection is established.
    package mutating func opened(_ connection: Connection) -> [Action] {
        outage = nil
        return offer(connection)
    }

    /// A connection could not be made. Those who wait may still get one that is leased now; if there is none, nothing
    /// will come.
    package mutating func openFailed(now: Duration) -> [Action] {
        noteOutage(now)
        total -= 1
        var actions: [Action] = []
        if total == 0 {
            actions = waiters.map { .refuse($0.request, .unreachable) }
            waiters = []
        }
        return actions + end()
    }

    /// A lease has ended. `conflicted` says that what was written met what others wrote; a connection that is not open
    /// any more leaves the pool.
    package mutating func released(
        _ connection: Connection, isOpen: Bool, isWriting: Bool, conflicted: Bool
    ) -> [Action] {
        if isWriting { writers.end(conflicted: conflicted) }
        guard !isOpen else { return offer(connection) }
        // What has ended this one has probably ended those that nobody has used since, noticed or not.
        return closeIdle() + replace()
    }

    package func isIdle(_ connection: Connection) -> Bool { idle.contains(connection) }

    /// A connection was lost while nobody had it; without effect on one that is leased.
    package mutating func lost(_ connection: Connection) -> [Action] {
        guard let index = idle.firstIndex(of: connection) else { return [] }
        idle.remove(at: index)
        return replace()
    }

    /// Refuses every request from now on. Those that wait are still served.
    package mutating func close() -> [Action] {
        isClosed = true
        return closeIdle() + end()
    }

    private mutating func offer(_ connection: Connection) -> [Action] {
        idle.append(connection)
        var actions = serve()
        guard isClosed, waiters.isEmpty else { return actions }
        actions += closeIdle()
        return actions + end()
    }

    /// Gives what is idle to those who may go on, in the order in which they came.
    private mutating func serve() -> [Action] {
        var actions: [Action] = []
        while !idle.isEmpty, let index = waiters.firstIndex(where: { !$0.isWriting || writers.hasRoom }) {
            let waiter = waiters.remove(at: index)
            if waiter.isWriting { writers.begin() }
            actions.append(.lease(idle.removeLast(), to: waiter.request))
        }
        return actions
    }

    private mutating func closeIdle() -> [Action] {
        defer {
            total -= idle.count
            idle = []
        }
        return idle.map { .close($0) }
    }

    /// A connection is gone. Those who wait need another.
    private mutating func replace() -> [Action] {
        total -= 1
        guard !waiters.isEmpty, total < mostConnections else { return end() }
        total += 1
        return [.open]
    }

    private func end() -> [Action] { isClosed && total == 0 ? [.finish] : [] }

    /// Several that were tried at the same time are one failure: they say nothing of how long it has lasted.
    private mutating func noteOutage(_ now: Duration) {
        if let outage, now < outage.until { return }
        let failures = (outage?.failures ?? 0) + 1
        outage = Outage(until: now + backoff.delay(after: failures), failures: failures)
    }
}
