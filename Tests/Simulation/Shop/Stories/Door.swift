import ServiceHost

/// The way into the shop: its gateway, or the service itself where the story has no gateway.
struct Door: Sendable {
    private let client: @Sendable (String) -> ServiceClient
    private let hasGateway: Bool

    init(hasGateway: Bool, client: @escaping @Sendable (String) -> ServiceClient) {
        self.hasGateway = hasGateway
        self.client = client
    }

    /// Services whose requests the gateway passes on in the shop's configuration.
    private static let services = [
        "orders": "order", "products": "product", "stocks": "product", "customers": "customer", "carts": "cart",
    ]

    func client(for path: String) -> ServiceClient {
        let first = path.split(separator: "/").first.map(String.init) ?? ""
        return client(hasGateway ? "gateway" : Self.services[first] ?? first)
    }

    /// Past the gateway.
    func client(named service: String) -> ServiceClient { client(service) }
}
