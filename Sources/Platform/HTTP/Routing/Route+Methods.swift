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

    public static func put<Body: Input>(
        _ pattern: String, summary: String, body: Body.Type, answers: (any Output.Type)? = nil,
        statuses: [Int] = [200], handler: @escaping BodyHandler<Body>
    ) -> Route {
        decoding(.put, pattern, summary, body, answers, statuses, handler)
    }

    public static func patch<Body: Input>(
        _ pattern: String, summary: String, body: Body.Type, answers: (any Output.Type)? = nil,
        statuses: [Int] = [200], handler: @escaping BodyHandler<Body>
    ) -> Route {
        decoding(.patch, pattern, summary, body, answers, statuses, handler)
    }

    private static func decoding<Body: Input>(
        _ method: Method, _ pattern: String, _ summary: String, _ body: Body.Type, _ answers: (any Output.Type)?,
        _ statuses: [Int], _ handler: @escaping BodyHandler<Body>
    ) -> Route {
        Route(method, pattern, summary: summary, body: body, answers: answers, statuses: statuses) { request in
            try await handler(request, try await request.aside { try $0.decode(Body.self) })
        }
    }
}
