/// One thing a service answers: method, path, what it takes and gives (for OpenAPI), and the handler.
public struct Route: Sendable {
    public typealias Handler = @Sendable (Request) async throws -> Response

    public let method: Method
    /// Segments, of which `{name}` matches one and a last `/**` matches any rest, for example `/orders/{id}`.
    public let pattern: String
    /// One sentence, for the OpenAPI document.
    public let summary: String
    public let body: (any (Decodable & SendableMetatype).Type)?
    public let answers: (any (Codable & SendableMetatype).Type)?
    /// The statuses that this route gives beside the general ones (400, 404, 405, 408, 413, 431, 500, 503).
    public internal(set) var statuses: [Int]
    /// Of its answers with a body, for OpenAPI; see `answering(_:)`.
    public internal(set) var contentType = "application/json"
    /// Of its own errors, for OpenAPI; see `failing(as:)`.
    public internal(set) var errorContentType = Problem.contentType
    var optionalBody: (any (Decodable & SendableMetatype).Type)?
    var headers: [RequestHeader] = []
    /// What it reads from the query, for OpenAPI; see `reading(_:)`.
    public internal(set) var queryParameters: [QueryParameter] = []
    public internal(set) var handler: Handler

    public init(
        _ method: Method, _ pattern: String, summary: String, body: (any (Decodable & SendableMetatype).Type)? = nil,
        answers: (any (Codable & SendableMetatype).Type)? = nil, statuses: [Int] = [200], handler: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.summary = summary
        self.body = body
        self.answers = answers
        self.statuses = statuses
        self.handler = handler
    }
}

extension Route {
    /// The same route with another handler, which may also give `statuses`: for what is wrapped around routes.
    public func handled(alsoGiving statuses: [Int] = [], by handler: @escaping Handler) -> Route {
        var route = self
        route.statuses += statuses
        route.handler = handler
        return route
    }
}
