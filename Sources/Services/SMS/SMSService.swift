public import Configuration
public import ServiceHost

/// Not filled yet.
public struct SMSService: ServiceDefinition {
    public static let name = "sms"
    public static let kind = ServiceKind.stateless
    public static let port = 8091
    public static let summary = "text messages, by an HTTP provider or into a folder"
    public static let externalSystems = ["SMS provider"]

    public init(from section: Configuration) {}

    public func parts(_ context: ServiceContext) throws -> ServiceParts {
        ServiceParts(routes: [])
    }
}
