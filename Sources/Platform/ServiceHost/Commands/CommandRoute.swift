public import HTTP
import Idempotency

/// Commands as a service declares them. `commands` leads to the part of the owner that reads the key; the handler
/// checks the body and answers by `call.once` or `call.answer`. `statuses` are those of `RouteDeclaration`: a 404 for
/// an item that does not exist is not listed.
extension RouteDeclaration {
    public typealias CommandHandler = @Sendable (Owner, CommandCall) async throws -> Response
    public typealias CommandBodyHandler<Body> = @Sendable (Owner, Body, CommandCall) async throws -> Response

    /// A command without a body.
    public static func command(
        _ pattern: String, summary: String, answers: any Route.Output.Type, statuses: [Int], key: CommandKey,
        by commands: @escaping @Sendable (Owner) -> Commands, handler: @escaping CommandHandler
    ) -> RouteDeclaration {
        post(pattern, summary: summary, answers: answers, statuses: statuses) { owner, request in
            try await handler(owner, commands(owner).call(request, key))
        }.idempotencyKey(key.isRequired ? .required : .optional)
    }

    /// A command whose body is read leniently before the handler runs; 400 if it cannot be.
    public static func command<Body: Route.Input>(
        _ pattern: String, summary: String, body: Body.Type, answers: any Route.Output.Type, statuses: [Int],
        key: CommandKey, by commands: @escaping @Sendable (Owner) -> Commands,
        handler: @escaping CommandBodyHandler<Body>
    ) -> RouteDeclaration {
        post(pattern, summary: summary, body: body, answers: answers, statuses: statuses) { owner, request, body in
            try await handler(owner, body, commands(owner).call(request, key))
        }.idempotencyKey(key.isRequired ? .required : .optional)
    }

    /// A command whose body may be left out.
    public static func command<Body: Route.Input>(
        _ pattern: String, summary: String, optionalBody: Body.Type, answers: any Route.Output.Type, statuses: [Int],
        key: CommandKey, by commands: @escaping @Sendable (Owner) -> Commands,
        handler: @escaping CommandBodyHandler<Body?>
    ) -> RouteDeclaration {
        post(pattern, summary: summary, answers: answers, statuses: statuses) { owner, request in
            let body = request.body.isEmpty ? nil : try request.decode(optionalBody)
            return try await handler(owner, body, commands(owner).call(request, key))
        }.idempotencyKey(key.isRequired ? .required : .optional).optionalBody(optionalBody)
    }
}

extension Commands {
    fileprivate func call(_ request: Request, _ key: CommandKey) throws(Problem) -> CommandCall {
        CommandCall(request: request, key: ignoresKeys ? nil : try key.read(request), commands: self)
    }
}
