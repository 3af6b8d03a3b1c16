/// One thing a service answers: method, path, what it takes and gives (for OpenAPI), and the handler.
public struct Route: Sendable {
    public typealias Handler = @Sendable (Request) async throws -> Response
    typealias ItemGuard = @Sendable (Request) async throws -> Void

    public let method: HTTPMethod
    /// Segments, of which `{name}` matches one and a last `/**` matches any rest, for example `/orders/{id}`.
    public let pattern: String
    /// One sentence, for the OpenAPI document.
    public let summary: String
    public let body: (any (Decodable & SendableMetatype).Type)?
    public let answers: (any (Codable & SendableMetatype).Type)?
    /// The statuses that this route gives beside the general ones (400, 404, 405, 408, 413, 431, 500, 503).
    public internal(set) var statuses: [Int]
    /// The content type of answers with a body, for OpenAPI; see `produces(_:)`.
    public internal(set) var contentType = "application/json"
    /// The content type of the route's own errors, for OpenAPI; see `errorContentType(_:)`.
    public internal(set) var errorContentType = Problem.contentType
    var optionalBodyType: (any (Decodable & SendableMetatype).Type)?
    var headers: [RequestHeader] = []
    /// The parameters that it reads from the query, for OpenAPI; see `queryParameters(_:)`.
    public internal(set) var queryParameters: [QueryParameter] = []
    /// Whether what it changes is written to the audit log; `nil` if its declaration does not say.
    public internal(set) var audit: AuditRule?
    public internal(set) var handler: Handler
    /// The callers whom it answers; `nil` if it does not say, so that it answers operators alone.
    public internal(set) var audience: Audience?
    /// Throws a 404 `Problem` if the item that a request names does not exist for its caller; `nil` if nothing is asked first.
    var itemGuard: ItemGuard?
    /// Whether the handler itself shows and changes nothing of another's; see `guardingItems()`.
    var guardsItself = false
    /// Whether the route keeps from a caller what is another's.
    public var guardsItem: Bool { itemGuard != nil || guardsItself }

    public init(
        _ method: HTTPMethod, _ pattern: String, summary: String,
        body: (any (Decodable & SendableMetatype).Type)? = nil,
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
    /// Returns the route with another handler, which may also give `statuses`: for what is wrapped around routes.
    public func handled(alsoGiving statuses: [Int] = [], by handler: @escaping Handler) -> Route {
        var route = self
        route.statuses += statuses
        route.handler = handler
        return route
    }
}

extension Route {
    public typealias Input = Decodable & Sendable
    public typealias Output = Codable & SendableMetatype
    public typealias BodyHandler<Body> = @Sendable (Request, Body) async throws -> Response

    public static func get(
        _ pattern: String, summary: String, answers: (any Output.Type)? = nil, statuses: [Int] = [200],
        handler: @escaping Handler
    ) -> Route {
        Route(.get, pattern, summary: summary, answers: answers, statuses: statuses, handler: handler)
    }

    public static func delete(
        _ pattern: String, summary: String, answers: (any Output.Type)? = nil, statuses: [Int] = [204],
        handler: @escaping Handler
    ) -> Route {
        Route(.delete, pattern, summary: summary, answers: answers, statuses: statuses, handler: handler)
    }

    /// A POST whose handler reads the body itself, or that has none.
    public static func post(
        _ pattern: String, summary: String, answers: (any Output.Type)? = nil, statuses: [Int] = [200],
        handler: @escaping Handler
    ) -> Route {
        Route(.post, pattern, summary: summary, answers: answers, statuses: statuses, handler: handler)
    }

    /// A POST whose body is read (leniently) before the handler runs; 400 when it cannot be.
    public static func post<Body: Input>(
        _ pattern: String, summary: String, body: Body.Type, answers: (any Output.Type)? = nil,
        statuses: [Int] = [201], handler: @escaping BodyHandler<Body>
    ) -> Route {
        decoding(.post, pattern, summary, body, answers, statuses, handler)
    }

    private static func decoding<Body: Input>(
        _ method: HTTPMethod, _ pattern: String, _ summary: String, _ body: Body.Type, _ answers: (any Output.Type)?,
        _ statuses: [Int], _ handler: @escaping BodyHandler<Body>
    ) -> Route {
        Route(method, pattern, summary: summary, body: body, answers: answers, statuses: statuses) { request in
            try await handler(request, try await request.aside { try $0.decode(Body.self) })
        }
    }
}

/// A route, or its declaration: what is said about it beside what its initializer asks for, for the OpenAPI document.
public protocol DescribedRoute: Sendable {
    /// Returns it with another description.
    func described(_ change: (inout Route) -> Void) -> Self
}

extension DescribedRoute {
    /// Declares the content type of answers with a body, for example `application/hal+json`.
    public func produces(_ contentType: String) -> Self { described { $0.contentType = contentType } }

    /// Declares the content type of the route's own errors, for foreign interfaces that do not use problem details.
    public func errorContentType(_ contentType: String) -> Self { described { $0.errorContentType = contentType } }

    /// Declares a body that the handler reads if the request has one.
    public func optionalBody(_ body: any (Decodable & SendableMetatype).Type) -> Self {
        described { $0.optionalBodyType = body }
    }

    /// Declares the callers whom the route answers; `nil` of a route that leaves it open.
    public func open(to audience: Audience?) -> Self { described { $0.audience = audience } }

    /// Declares that the handler itself shows a caller what is theirs.
    package func guardingItems() -> Self { described { $0.guardsItself = true } }

    /// Declares a header of the request that the handler reads.
    public func requestHeader(_ name: String, isRequired: Bool = false) -> Self {
        described { $0.headers.append(RequestHeader(name: name, isRequired: isRequired)) }
    }

    /// Declares parameters that the handler reads from the query.
    public func queryParameters(_ parameters: QueryParameter...) -> Self { queryParameters(parameters) }

    public func queryParameters(_ parameters: [QueryParameter]) -> Self {
        described { $0.queryParameters += parameters }
    }
}

extension Route: DescribedRoute {
    public func described(_ change: (inout Route) -> Void) -> Route {
        var route = self
        change(&route)
        return route
    }
}

/// A header that a route reads, for the OpenAPI document.
struct RequestHeader: Sendable, Hashable {
    let name: String
    let isRequired: Bool
}
