import Synchronization

/// What several servers may hold together: connections, and bytes of bodies that are not answered yet. It takes no more
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

    func releaseBody(_ count: Int) { bodies.subtract(count, ordering: .relaxed) }
}
