/// A route as a service declares it, before the objects exist that answer it: its description, and how an `Owner`
/// answers. So everything that a service answers can be read without running it.
public struct RouteDeclaration<Owner: Sendable>: DescribedRoute {
    public typealias Handler = @Sendable (Owner, Request) async throws -> Response
    public typealias BodyHandler<Body> = @Sendable (Owner, Request, Body) async throws -> Response
    public typealias ItemGuard = @Sendable (Owner, Request) async throws -> Void

    /// The description. It answers nothing until the declaration is bound.
    public private(set) var route: Route
    private let respond: Handler
    private var itemGuard: ItemGuard?

    public init(
        _ method: HTTPMethod, _ pattern: String, summary: String,
        body: (any (Decodable & SendableMetatype).Type)? = nil,
        answers: (any (Codable & SendableMetatype).Type)? = nil, statuses: [Int] = [200], handler: @escaping Handler
    ) {
        route = Route(
            method, pattern, summary: summary, body: body, answers: answers, statuses: statuses
        ) { request in
            throw Problem.unavailable(
                "\(request.path) is declared, and its service is not running", dependency: "service")
        }
        respond = handler
    }

    private init(_ route: Route, _ respond: @escaping Handler) {
        self.route = route
        self.respond = respond
    }

    /// Returns the declaration with a guard that runs first, if the request has a caller. It throws a 404 `Problem` if what the
    /// request names does not exist for them.
    public func guarded(by itemGuard: @escaping ItemGuard) -> RouteDeclaration {
        var declaration = self
        declaration.itemGuard = itemGuard
        // The description says that there is one.
        declaration.route.itemGuard = { _ in }
        return declaration
    }

    /// Returns the route that `owner` answers.
    public func bound(to owner: Owner) -> Route {
        var bound = route.handled { [respond] request in try await respond(owner, request) }
        if let itemGuard { bound.itemGuard = { request in try await itemGuard(owner, request) } }
        return bound
    }

    /// Returns the declaration for something that has the owner as a part, which is looked up for each request.
    public func of<Whole: Sendable>(_ owner: @escaping @Sendable (Whole) -> Owner) -> RouteDeclaration<Whole> {
        var declaration = RouteDeclaration<Whole>(route) { [respond] whole, request in
            try await respond(owner(whole), request)
        }
        if let itemGuard {
            declaration.itemGuard = { whole, request in try await itemGuard(owner(whole), request) }
        }
        return declaration
    }

    public func described(_ change: (inout Route) -> Void) -> RouteDeclaration {
        var declaration = self
        change(&declaration.route)
        return declaration
    }
}

extension RouteDeclaration {
    public static func get(
        _ pattern: String, summary: String, answers: (any Route.Output.Type)? = nil, statuses: [Int] = [200],
        handler: @escaping Handler
    ) -> RouteDeclaration {
        RouteDeclaration(.get, pattern, summary: summary, answers: answers, statuses: statuses, handler: handler)
    }

    public static func delete(
        _ pattern: String, summary: String, answers: (any Route.Output.Type)? = nil, statuses: [Int] = [204],
        handler: @escaping Handler
    ) -> RouteDeclaration {
        RouteDeclaration(.delete, pattern, summary: summary, answers: answers, statuses: statuses, handler: handler)
    }

    /// A POST whose handler reads the body itself, or that has none.
    public static func post(
        _ pattern: String, summary: String, answers: (any Route.Output.Type)? = nil, statuses: [Int] = [200],
        handler: @escaping Handler
    ) -> RouteDeclaration {
        RouteDeclaration(.post, pattern, summary: summary, answers: answers, statuses: statuses, handler: handler)
    }

    /// A POST whose body is read leniently before the handler runs; 400 if it cannot be.
    public static func post<Body: Route.Input>(
        _ pattern: String, summary: String, body: Body.Type, answers: (any Route.Output.Type)? = nil,
        statuses: [Int] = [201], handler: @escaping BodyHandler<Body>
    ) -> RouteDeclaration {
        decoding(.post, pattern, summary, body, answers, statuses, handler)
    }

    public static func put<Body: Route.Input>(
        _ pattern: String, summary: String, body: Body.Type, answers: (any Route.Output.Type)? = nil,
        statuses: [Int] = [200], handler: @escaping BodyHandler<Body>
    ) -> RouteDeclaration {
        decoding(.put, pattern, summary, body, answers, statuses, handler)
    }

    public static func patch<Body: Route.Input>(
        _ pattern: String, summary: String, body: Body.Type, answers: (any Route.Output.Type)? = nil,
        statuses: [Int] = [200], handler: @escaping BodyHandler<Body>
    ) -> RouteDeclaration {
        decoding(.patch, pattern, summary, body, answers, statuses, handler)
    }

    private static func decoding<Body: Route.Input>(
        _ method: HTTPMethod, _ pattern: String, _ summary: String, _ body: Body.Type,
        _ answers: (any Route.Output.Type)?, _ statuses: [Int], _ handler: @escaping BodyHandler<Body>
    ) -> RouteDeclaration {
        RouteDeclaration(
            method, pattern, summary: summary, body: body, answers: answers, statuses: statuses
        ) { owner, request in
            try await handler(owner, request, try await request.aside { try $0.decode(Body.self) })
        }
    }
}
