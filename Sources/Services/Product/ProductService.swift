public import Configuration
public import ServiceHost

/// Not filled yet.
public struct ProductService: ServiceDefinition {
    public static let name = "product"
    public static let kind = ServiceKind.persistence
    public static let port = 8081
    public static let summary = "products, stock and reservations"

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        ServiceParts(routes: [])
    }
}
