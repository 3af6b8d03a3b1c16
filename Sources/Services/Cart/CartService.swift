public import Configuration
public import ServiceHost

/// Not filled yet.
public struct CartService: ServiceDefinition {
    public static let name = "cart"
    public static let kind = ServiceKind.aggregation
    public static let port = 8083
    public static let summary = "carts and their checkout"
    public static let calls = ["product", "customer", "order", "payment"]

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        ServiceParts(routes: [])
    }
}
