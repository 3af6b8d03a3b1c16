/// What a route says about itself for the OpenAPI document, beside what its making asks for.
extension Route {
    /// The same route, whose answers are another kind of JSON, for example `application/hal+json`.
    public func answering(_ contentType: String) -> Route {
        var route = self
        route.contentType = contentType
        return route
    }

    /// The same route, whose own errors are no problem details but of another kind: for foreign interfaces.
    public func failing(as contentType: String) -> Route {
        var route = self
        route.errorContentType = contentType
        return route
    }

    /// The same route, whose handler reads such a body where there is one.
    public func reading(optional body: any (Decodable & SendableMetatype).Type) -> Route {
        var route = self
        route.optionalBody = body
        return route
    }

    /// The same route, whose handler reads that header of the request.
    public func reading(header name: String, isRequired: Bool = false) -> Route {
        var route = self
        route.headers.append(RequestHeader(name: name, isRequired: isRequired))
        return route
    }
}

/// A header that a route reads, for the OpenAPI document.
struct RequestHeader: Sendable, Hashable {
    let name: String
    let isRequired: Bool
}
