/// A parameter of the query, for the OpenAPI document.
public struct QueryParameter: Sendable, Hashable {
    public let name: String
    public let schema: Schema
    public let isRequired: Bool
    public let description: String?

    public init(_ name: String, _ schema: Schema = .string(), isRequired: Bool = false, description: String? = nil) {
        self.name = name
        self.schema = schema
        self.isRequired = isRequired
        self.description = description
    }
}

extension Route {
    /// The same route, with the query parameters it reads named for the OpenAPI document.
    public func reading(_ parameters: QueryParameter...) -> Route { reading(parameters) }

    public func reading(_ parameters: [QueryParameter]) -> Route {
        var route = self
        route.queryParameters += parameters
        return route
    }
}
