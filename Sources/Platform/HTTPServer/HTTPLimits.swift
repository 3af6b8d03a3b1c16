import HTTP
import Synchronization

/// The limits of a server. Nothing that a client does goes beyond it.
public struct HTTPLimits: Sendable {
    /// Bytes of a body; 413 beyond it.
    public var maximumBody = 1 << 20
    /// Bytes of a request line and its header fields; 431 beyond it, 414 if the request line alone is as long.
    public var maximumHeader = 8 << 10
    /// Header fields; 431 beyond it.
    public var maximumFields = 100
    /// Parts of a query; 400 beyond it.
    public var maximumQueryItems = 100
    /// Connections at once; the ones beyond it wait to be accepted.
    public var maximumConnections = 4096
    /// Handlers at work at once; 503 beyond it.
    public var maximumInFlight = 1024

    /// TLS handshakes at once; beyond it the one that has waited longest is closed, since who is about to end one is young.
    public var maximumHandshakes = 1024
    /// The work on TLS handshakes in one turn of the loop; beyond it the others wait for the next one, in their order.
    public var handshakeTurn: Duration = .milliseconds(2)

    /// From the connection to the end of the TLS handshake; then the connection is closed.
    public var handshakeTime: Duration = .seconds(10)
    /// From the connection, or the request's first byte, to the end of the header; then the connection is closed.
    public var headerTime: Duration = .seconds(10)
    /// From the end of the header to the end of the body; then 408. For a body in pieces: for each `slowestPiece` of it.
    public var bodyTime: Duration = .seconds(30)
    /// For the handler; then its task is cancelled and the answer is 503.
    public var handlerTime: Duration = .seconds(30)
    /// For the client to take the answer; then the connection is closed. For an answer in pieces: for each piece of it.
    public var answerTime: Duration = .seconds(30)
    /// Between two requests on one connection; then it is closed.
    public var idleTime: Duration = .seconds(75)
    /// From the end of the last answer to the client's own end; then the connection is closed.
    public var lingerTime: Duration = .seconds(1)

    /// The value of `Retry-After` when there is too much to do.
    public var retryAfter: Duration = .seconds(1)

    /// Bytes of a body in pieces that must come within `bodyTime`, as long as the handler takes them.
    public static let slowestPiece = 64 << 10

    public init() {}

    /// How often deadlines are looked at: often enough to be a quarter late at most.
    var sweepInterval: Duration {
        let shortest = [handshakeTime, headerTime, bodyTime, handlerTime, answerTime, idleTime].min() ?? .seconds(1)
        return min(max(shortest / 4, .milliseconds(5)), .seconds(1))
    }
}

/// Says which bodies a server's handler gets in pieces, while they come.
public struct BodyStreaming: Sendable {
    /// Shorter bodies are whole when the handler gets them.
    public static let threshold = BodyStream.capacity
    /// The largest body that the handler takes, asked for each long one: 413 beyond it. A stream may have
    /// `HTTPLimits.maximumBody` bytes, unless the handler sets another limit before it reads.
    public let maximum: @Sendable () -> Int

    public init(maximum: @escaping @Sendable () -> Int) { self.maximum = maximum }
}

/// The limits of several servers together: connections, and bytes of bodies that are not answered yet. It takes no more
/// than fit.
public final class SharedHTTPLimits: Sendable {
    public let maximumConnections: Int
    /// Connections that each server may have whatever the others have.
    public let reservedConnections: Int
    public let maximumBodies: Int
    private let connections = Atomic(0)
    private let bodies = Atomic(0)

    public init(maximumConnections: Int = 4096, reservedConnections: Int = 64, maximumBodies: Int = 128 << 20) {
        self.maximumConnections = maximumConnections
        self.reservedConnections = reservedConnections
        self.maximumBodies = maximumBodies
    }

    /// Connections that are open now.
    public var openConnections: Int { connections.load(ordering: .relaxed) }
    /// Bytes of bodies that are held now.
    public var heldBodies: Int { bodies.load(ordering: .relaxed) }

    /// Whether a server that has `count` connections may have one more.
    func mayOpen(beside count: Int) -> Bool {
        count < reservedConnections || connections.load(ordering: .relaxed) < maximumConnections
    }

    func opened() { connections.add(1, ordering: .relaxed) }
    func closed() { connections.subtract(1, ordering: .relaxed) }

    func reserveBody(_ count: Int) -> Bool {
        let total = bodies.add(count, ordering: .relaxed).newValue
        guard total > maximumBodies else { return true }
        bodies.subtract(count, ordering: .relaxed)
        return false
    }

    /// Counts bytes of an answer that comes in pieces, and returns how many it has counted: answers take half of the room at
    /// most, so that many that wait for events leave room for orders.
    func holdAnswer(_ count: Int) -> Int {
        guard bodies.load(ordering: .relaxed) < maximumBodies / 2 else { return 0 }
        bodies.add(count, ordering: .relaxed)
        return count
    }

    func releaseBody(_ count: Int) { bodies.subtract(count, ordering: .relaxed) }
}
