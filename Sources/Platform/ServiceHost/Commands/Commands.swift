public import HTTP
public import Idempotency
import Kernel
public import Storage
import Telemetry

/// Answers a service's commands: requests that change an aggregate, each answered once per `Idempotency-Key`.
///
/// A command's route reads the body and the key, and hands both to its handler. The handler checks the body and then calls
/// `call.once` if one transaction does all of the work, or `call.answer` if something outside has to be asked between
/// two transactions. How to add one is in docs/adding-a-command.md.
public struct Commands: Sendable {
    /// The fate of work whose request lost its lease before it could be recorded: another request with the key has taken
    /// over then, and has the key.
    public enum LostLease: Sendable {
        /// The transaction is rolled back, and the request is answered with 409.
        case undoesWork
        /// The work is recorded all the same, because it moved money.
        case keepsWork
    }
    let context: ServiceEnvironment
    let keys: IdempotencyStore
    let lease: Duration
    let lostLease: LostLease

    /// `lease` is how long a request has the key to itself: longer than what it asks outside can take. After that, a
    /// request with the same key resumes the work.
    public init(
        _ context: ServiceEnvironment, keys: IdempotencyStore, lease: Duration = .seconds(10),
        lostLease: LostLease = .undoesWork
    ) {
        self.context = context
        self.keys = keys
        self.lease = lease
        self.lostLease = lostLease
    }

    /// Takes a key for a command that comes by an event, in the transaction of that event, as if `request` had come.
    /// Returns `nil` if such a request was answered before. Throws a `Problem` if the key is in use.
    public func claim(
        _ key: String, for request: Request, subject: String, in tx: any Transaction
    ) async throws -> IdempotencyClaim? {
        let key = IdempotencyKey(client: "", value: key)
        switch try await keys.begin(key, for: request, subject: subject, lease: lease, in: tx) {
        case .begun(let claim): return claim
        case .replay: return nil
        }
    }

    /// Settles a key as the answer says.
    public func settle(_ claim: IdempotencyClaim, _ answer: CommandAnswer, in tx: any Transaction) async throws {
        do {
            switch answer.fate {
            case .completed(let response): try await keys.complete(claim, with: response, in: tx)
            case .released: try await keys.release(claim, in: tx)
            case .forgotten: try await keys.forget(claim, in: tx)
            }
        } catch let error as IdempotencyError where keepsWork(answer) && error.code == .leaseLost {
            context.log.warning(
                "the lease was lost during the work; the request that took over answers for the key",
                metadata: ["key": .string(claim.key.value)])
        }
    }

    /// A command that is answered by a throw has moved no money, and has undone what it began: without the lease that falls,
    /// since the request that took over has answered for what was begun.
    private func keepsWork(_ answer: CommandAnswer) -> Bool {
        guard lostLease == .keepsWork, case .success = answer.result else { return false }
        return true
    }
}

/// The `Idempotency-Key` of a command.
public enum CommandKey: Sendable, Hashable {
    /// A request without one is work of its own.
    case optional
    /// A request without one is answered with 400.
    case required
    /// Required, and in one space of keys for all clients: services derive the key from the order, so that it means the same
    /// work whichever of them sends it.
    case requiredOfServices
    /// Declared and not read: every request is work of its own.
    case ignored

    var isRequired: Bool { self == .required || self == .requiredOfServices }

    func read(_ request: Request) throws(Problem) -> IdempotencyKey? {
        switch self {
        case .optional, .required: try IdempotencyKey(request, required: isRequired)
        case .requiredOfServices: try IdempotencyKey(request.headers, client: "", required: true)
        case .ignored: nil
        }
    }
}

/// The routes of commands.
extension Commands {
    public typealias Handler = @Sendable (CommandCall) async throws -> Response
    public typealias BodyHandler<Body> = @Sendable (Body, CommandCall) async throws -> Response

    /// A command without a body.
    public func post(
        _ pattern: String, summary: String, answers: any Route.Output.Type, statuses: [Int], key: CommandKey,
        handler: @escaping Handler
    ) -> Route {
        .post(pattern, summary: summary, answers: answers, statuses: statuses) { request in
            try await handler(call(request, key))
        }.idempotencyKey(key.isRequired ? .required : .optional)
    }

    /// A command whose body is read leniently before the handler runs; 400 if it cannot be.
    public func post<Body: Route.Input>(
        _ pattern: String, summary: String, body: Body.Type, answers: any Route.Output.Type, statuses: [Int],
        key: CommandKey, handler: @escaping BodyHandler<Body>
    ) -> Route {
        .post(pattern, summary: summary, body: body, answers: answers, statuses: statuses) { request, body in
            try await handler(body, call(request, key))
        }.idempotencyKey(key.isRequired ? .required : .optional)
    }

    /// A command whose body may be left out.
    public func post<Body: Route.Input>(
        _ pattern: String, summary: String, optionalBody: Body.Type, answers: any Route.Output.Type, statuses: [Int],
        key: CommandKey, handler: @escaping BodyHandler<Body?>
    ) -> Route {
        .post(pattern, summary: summary, answers: answers, statuses: statuses) { request in
            let body = request.body.isEmpty ? nil : try request.decode(optionalBody)
            return try await handler(body, call(request, key))
        }.idempotencyKey(key.isRequired ? .required : .optional).optionalBody(optionalBody)
    }

    private func call(_ request: Request, _ key: CommandKey) throws(Problem) -> CommandCall {
        CommandCall(request: request, key: try key.read(request), commands: self)
    }
}
