/// Answers requests from a table of routes, and turns every error into problem details: this is the one place.
public struct Router: Sendable {
    /// Told each error that a handler threw and that is no `Problem`, before the caller gets a bare 500.
    public typealias ErrorObserver = @Sendable (any Error, Request) -> Void

    public let routes: [Route]
    private let tree: RouteTree
    private let onError: ErrorObserver

    /// Throws `RoutingError` for a malformed pattern, and for two routes that could answer the same request.
    public init(_ routes: [Route], onError: @escaping ErrorObserver = { _, _ in }) throws(RoutingError) {
        var tree = RouteTree()
        for route in routes { try tree.insert(route.forAudience) }
        self.routes = routes
        self.tree = tree
        self.onError = onError
    }

    public func respond(to request: Request) async -> Response {
        await answer(request).response
    }

    /// The answer, and the pattern of the route that gave it (for metrics and traces, whose labels must be bounded);
    /// `nil` when there is none.
    public func answer(_ request: Request) async -> (response: Response, pattern: String?) {
        // RFC 9110 §9.3.7: what concerns the server and no resource.
        if request.path == "*", request.method == .options { return (Response(status: 204), nil) }
        guard let match = tree.match(request.path) else {
            return (problem(Problem(status: 404, detail: "There is nothing at \(request.path)"), request), nil)
        }
        let pattern = match.leaf.pattern.text
        guard let handler = match.leaf.handler(for: request.method) ?? match.leaf.substitute(for: request.method) else {
            return (refusal(of: request, allowed: match.leaf.allowed), pattern)
        }
        var request = request
        if !match.values.isEmpty {
            request.parameters = Dictionary(uniqueKeysWithValues: zip(match.leaf.pattern.names, match.values))
        }
        guard !request.method.isSafe else { return (await answer(request, by: handler), pattern) }
        let response = await RequestEffects.$current.withValue(RequestEffects()) {
            await answer(request, by: handler)
        }
        return (response, pattern)
    }

    private func answer(_ request: Request, by handler: Route.Handler) async -> Response {
        do {
            return try await handler(request)
        } catch {
            return answer(to: error, request)
        }
    }

    private func answer(to error: any Error, _ request: Request) -> Response {
        var problem = Problem(error)
        if problem.isOutcomeUnknown, problem.look == nil { problem.look = look(for: request) }
        if problem.status == 500, !(error is Problem) { onError(error, request) }
        return self.problem(problem, request)
    }

    private func refusal(of request: Request, allowed: String) -> Response {
        if request.method == .options { return Response(status: 204, headers: ["Allow": allowed]) }
        var refusal = Problem(status: 405, detail: "\(request.method) is not possible here, only \(allowed)")
        refusal.headers["Allow"] = allowed
        return problem(refusal, request)
    }

    /// Where a client sees what became of the request: what was noted for it, the resource that its path begins with, or the
    /// collection that it was sent to or that its path begins with. `nil` if there is nothing to get.
    private func look(for request: Request) -> String? {
        if let noted = RequestEffects.current?.look, isReadable(String(noted.prefix { $0 != "?" })) { return noted }
        guard let pattern = tree.match(request.path)?.leaf.pattern.text else { return nil }
        let words = pattern.split(separator: "/", omittingEmptySubsequences: false)
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false)
        let prefixes = zip(words, 1...).map { (isItem: $0.first == "{", text: parts.prefix($1).joined(separator: "/")) }
        // A word of its route names no resource, also where another route would take it for a parameter.
        let readable = prefixes.filter { prefix in
            guard let leaf = tree.match(prefix.text)?.leaf, leaf.handler(for: .get) != nil else { return false }
            return zip(words, leaf.pattern.text.split(separator: "/", omittingEmptySubsequences: false))
                .allSatisfy { ($0.first == "{") == ($1.first == "{") }
        }
        return (readable.first(where: \.isItem) ?? readable.last)?.text
    }

    private func isReadable(_ path: String) -> Bool { tree.match(path)?.leaf.handler(for: .get) != nil }

    private func problem(_ problem: Problem, _ request: Request) -> Response {
        problem.response(instance: request.path)
    }
}

extension RouteTree.Leaf {
    /// HEAD is answered as GET; the server leaves the body out (RFC 9110 §9.3.2).
    fileprivate func substitute(for method: HTTPMethod) -> Route.Handler? {
        method == .head ? handler(for: .get) : nil
    }

    /// For the `Allow` header.
    fileprivate var allowed: String {
        var methods = routes.map(\.method)
        if methods.contains(.get), !methods.contains(.head) { methods.append(.head) }
        if !methods.contains(.options) { methods.append(.options) }
        return methods.map(\.rawValue).joined(separator: ", ")
    }
}

/// A fault of a table of routes; found when the router is made.
public struct RoutingError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The pattern does not begin with `/`, has an empty part, a name twice, or `**` before the end.
        case malformed
        /// Two routes have one method and pattern.
        case duplicate
        /// Two patterns that match the same paths under different names.
        case conflicting
    }
    public let code: Code
    public let pattern: String
    public let description: String

    init(_ code: Code, _ pattern: String, _ description: String) {
        self.code = code
        self.pattern = pattern
        self.description = "\(pattern): \(description)"
    }
}
