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

/// The connections of one server whose TLS handshake is not done, bounded in number and in work.
final class Handshakes {
    private let maximum: Int
    /// In the order in which they began. Those that have ended stay until they reach the front, or the queue is cleaned.
    private var queue: [Connection] = []
    private var front = 0
    private(set) var count = 0
    private var stepsInRound = 0

    /// Steps of handshakes between two looks at other sockets: one may take a millisecond of the processor.
    private static let stepsPerRound = 16

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

    /// Whether one more step may be made before other sockets have their turn. `endOfRound` is asked for once a round,
    /// and given what is to be done then.
    func mayStep(_ endOfRound: (@escaping @Sendable () -> Void) -> Void) -> Bool {
        if stepsInRound == 0 {
            nonisolated(unsafe) let handshakes = self
            endOfRound { handshakes.stepsInRound = 0 }
        }
        stepsInRound += 1
        return stepsInRound <= Self.stepsPerRound
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
