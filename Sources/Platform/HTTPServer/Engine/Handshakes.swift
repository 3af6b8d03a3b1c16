/// How a TLS handshake has ended.
public enum HandshakeOutcome: String, Sendable, Hashable, CaseIterable {
    case done
    /// The client and the server do not agree, or what the client sent is no TLS, or it has gone.
    case failed
    /// It took longer than it may.
    case timedOut = "timed_out"
    /// Others needed its place.
    case displaced
    /// The client spoke HTTP without TLS, and was told.
    case plain
}

/// The connections of one server whose TLS handshake is not done, bounded in number.
final class Handshakes {
    private let maximum: Int
    /// In the order in which they began. Those that have ended stay until they reach the front, or the queue is cleaned.
    private var queue: [Connection] = []
    private var front = 0
    private(set) var count = 0

    init(maximum: Int) {
        self.maximum = maximum
    }

    /// Adds a connection. Returns the one that has to go, where there are as many as may be.
    func add(_ connection: Connection) -> Connection? {
        var displaced: Connection?
        if count >= maximum { displaced = takeOldest() }
        queue.append(connection)
        count += 1
        return displaced
    }

    /// To be called once for each that was added, after its connection has left the handshake.
    func ended() {
        count -= 1
        if count == 0 {
            queue.removeAll(keepingCapacity: queue.capacity <= 64)
            front = 0
        } else if queue.count > 2 * (count + 32) {
            queue = queue[front...].filter { $0.phase == .handshake }
            front = 0
        }
    }

    private func takeOldest() -> Connection? {
        while front < queue.count {
            let oldest = queue[front]
            front += 1
            if oldest.phase == .handshake { return oldest }
        }
        return nil
    }
}

/// Divides work among those who ask for it: as many as fit into the time budget of a turn have theirs at once, the others
/// wait for the turns that follow, first in, first out. One has its turn in any case.
struct TurnQueue<Element> {
    private let budget: Duration
    private var waiting: [Element] = []
    private var front = 0
    private var spent = Duration.zero
    private var hasWorked = false

    init(budget: Duration) {
        self.budget = budget
    }

    var isEmpty: Bool { front == waiting.count }

    /// Begins a turn with the whole budget.
    mutating func begin() { (spent, hasWorked) = (.zero, false) }

    /// Whether `element` may work now. If not, `next` returns it when those before it have had their turn.
    mutating func mayBegin(_ element: Element) -> Bool {
        if isEmpty, hasBudget { return true }
        waiting.append(element)
        return false
    }

    /// Takes the one that has waited longest; `nil` if nobody waits, or the budget of this turn is spent.
    mutating func next() -> Element? {
        guard !isEmpty, hasBudget else { return nil }
        let element = waiting[front]
        front += 1
        if front == waiting.count || front >= 1024 {
            waiting.removeFirst(front)
            front = 0
        }
        return element
    }

    mutating func hasWorked(for duration: Duration) {
        spent += duration
        hasWorked = true
    }

    private var hasBudget: Bool { !hasWorked || spent < budget }
}
