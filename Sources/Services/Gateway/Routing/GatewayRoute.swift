/// A rule of the gateway's: which requests it takes, what is done to them, and where they go.
struct GatewayRoute: Sendable {
    /// Where requests of a route go.
    enum Target: Sendable, Hashable {
        /// A service of the shop, or a group of upstreams, by its name.
        case name(String)
        /// Scheme and authority of a server.
        case server(String)
        /// Another path of the gateway's own.
        case forward(String)
        /// Nobody: filters make the answer (`no://op`).
        case nobody
    }
    let id: String
    let order: Int
    let target: Target
    let predicates: [RoutePredicate]
    let filters: [RouteFilter]
    let timeouts: GatewayTimeouts

    /// Routes in force where the configuration names none. Commands on payments (refunds, captures) are for the shop's own
    /// services, not for the world.
    static let defaults: [(path: String, service: String)] = [
        ("/orders/**", "order"), ("/payments/**", "payment"), ("/api/payments/callbacks/**", "payment"),
        ("/deliveries/**", "delivery"), ("/orderDashboards/**", "dashboard"), ("/messages/**", "notification"),
        ("/products/**", "product"), ("/stocks/**", "product"), ("/customers/**", "customer"), ("/carts/**", "cart"),
        ("/checkouts/**", "cart"), ("/dashboard/**", "dashboard"),
    ]

    /// Whether every request that it takes is answered without asking who sends it.
    var isOpen: Bool { !filters.contains(where: \.identifies) }

    var weight: (group: String, weight: Int)? {
        for case .weight(let group, let weight) in predicates { return (group, weight) }
        return nil
    }
}

/// How long the gateway waits for an upstream.
struct GatewayTimeouts: Sendable, Hashable {
    /// For a connection to come about.
    var connect: Duration?
    /// From the start of the exchange to the first byte of the answer.
    var firstByte: Duration?
    /// Between two parts of the answer.
    var idle: Duration?
    /// For the whole exchange.
    var total: Duration
}
