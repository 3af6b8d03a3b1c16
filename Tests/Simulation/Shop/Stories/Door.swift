import ServiceHost

/// The way into the shop: its gateway, or the service itself where the story has no gateway.
struct Door: Sendable {
    private let peer: @Sendable (String) -> Peer
    private let hasGateway: Bool

    init(hasGateway: Bool, peer: @escaping @Sendable (String) -> Peer) {
        self.hasGateway = hasGateway
        self.peer = peer
    }

    /// Services whose requests the gateway passes on in the shop's configuration.
    private static let services = [
        "orders": "order", "products": "product", "stocks": "product", "customers": "customer", "carts": "cart",
    ]

    func peer(for path: String) -> Peer {
        let first = path.split(separator: "/").first.map(String.init) ?? ""
        return peer(hasGateway ? "gateway" : Self.services[first] ?? first)
    }

    /// Past the gateway.
    func peer(named service: String) -> Peer { peer(service) }
}
