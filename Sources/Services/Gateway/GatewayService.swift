public import Configuration
import HTTP
import Kernel
public import ServiceHost

/// The one entry point: routes by path to the services behind, as the YAML says.
///
/// ```yaml
/// gateway:
///   routes:
///     - path: /orders/**
///       service: order
/// ```
public struct GatewayService: ServiceDefinition {
    public static let name = "gateway"
    public static let kind = ServiceKind.stateless
    public static let port = 8088
    public static let summary = "the one entry point, routed by YAML"
    public static let calls = [
        "order", "payment", "delivery", "dashboard", "notification", "product", "customer", "cart",
    ]

    /// Of the services behind, and its own.
    private static let statuses = [200, 201, 202, 204, 304, 401, 402, 409, 412, 415, 422, 502, 504]

    private let routes: [GatewayRoute]
    private let timeout: Duration

    public init(from section: Configuration) {
        timeout = section.duration("timeout", default: .seconds(15))
        let configured = section.list("routes").map { route in
            GatewayRoute(path: route.string("path"), service: route.choice("service", of: Self.calls))
        }
        routes = configured.isEmpty ? GatewayRoute.standard : configured
    }

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        let methods: [HTTP.Method] = [.get, .post, .put, .patch, .delete]
        var declared: [Route] = []
        for route in routes {
            let forwarding = Forwarding(peer: try context.peer(route.service), timeout: timeout)
            declared += methods.map { method in
                Route(method, route.path, summary: "Forwards to \(route.service)", statuses: Self.statuses) {
                    try await forwarding.forward($0)
                }
            }
        }
        return ServiceParts(routes: declared)
    }
}
