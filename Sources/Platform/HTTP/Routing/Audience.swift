/// The callers whom a route answers. Nobody in particular, operators and services are always answered.
public enum Audience: Sendable, Hashable, CaseIterable {
    /// Everybody: what it shows belongs to nobody, or what it makes will be the caller's.
    case everyone
    /// Those to whom the items belong, customers and sellers: the route shows and changes nothing of anybody else's.
    case owners
    /// Sellers, for what is of their branches.
    case sellers
    /// Nobody else.
    case operators

    /// Throws a 403 `Problem` if the route does not answer the caller. That is so whatever the request names: what is another's
    /// has been answered with 404 before.
    func check(_ scope: Caller.Scope) throws(Problem) {
        switch (scope, self) {
        case (.everything, _), (_, .everyone), (_, .owners), (.branches, .sellers): return
        case (.own, .sellers): throw Problem(status: 403, detail: "This needs the role seller or operator")
        case (.branches, .operators), (.own, .operators):
            throw Problem(status: 403, detail: "This needs the role operator")
        }
    }
}

extension Route {
    /// The route with a handler that answers its audience only. A route that declares none answers operators, so that what is
    /// new is closed until somebody has decided.
    var forAudience: Route {
        var route = self
        let (handler, itemGuard, audience) = (handler, itemGuard, audience ?? .operators)
        route.handler = { request in
            if let caller = request.caller {
                let scope = caller.scope
                if scope != .everything {
                    try await itemGuard?(request)
                    try audience.check(scope)
                }
            }
            return try await handler(request)
        }
        return route
    }
}
