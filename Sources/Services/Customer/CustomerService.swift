public import Configuration
public import ServiceHost

/// Not filled yet.
public struct CustomerService: ServiceDefinition {
    public static let name = "customer"
    public static let kind = ServiceKind.persistence
    public static let port = 8082
    public static let summary = "customers, their addresses and how to reach them"

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        ServiceParts(routes: [])
    }
}
