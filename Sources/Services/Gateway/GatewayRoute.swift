/// One line of the gateway's routing: requests under `path` go to `service`.
public struct GatewayRoute: Sendable, Hashable {
    /// A prefix pattern, for example `/orders/**`.
    public let path: String
    public let service: String

    public init(path: String, service: String) {
        self.path = path
        self.service = service
    }

    /// What holds where the configuration names no routes.
    public static let standard = [
        GatewayRoute(path: "/orders/**", service: "order"),
        GatewayRoute(path: "/payments/**", service: "payment"),
        // Commands on payments (refunds, captures) are for the shop's own services, not for the world.
        GatewayRoute(path: "/api/payments/callbacks/**", service: "payment"),
        GatewayRoute(path: "/deliveries/**", service: "delivery"),
        GatewayRoute(path: "/orderDashboards/**", service: "dashboard"),
        GatewayRoute(path: "/messages/**", service: "notification"),
        GatewayRoute(path: "/products/**", service: "product"),
        GatewayRoute(path: "/stocks/**", service: "product"),
        GatewayRoute(path: "/customers/**", service: "customer"),
        GatewayRoute(path: "/carts/**", service: "cart"),
        GatewayRoute(path: "/checkouts/**", service: "cart"),
    ]
}
