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
    let ignoresKeys: Bool

    /// `lease` is how long a request has the key to itself: longer than what it asks outside can take. After that, a
    /// request with the same key resumes the work. With `ignoresKeys`, keys are not read: every request is work of its
    /// own.
    public init(
        _ context: ServiceEnvironment, keys: IdempotencyStore, lease: Duration = .seconds(10),
        lostLease: LostLease = .undoesWork, ignoresKeys: Bool = false
    ) {
        self.context = context
        self.keys = keys
        self.lease = lease
        self.lostLease = lostLease
        self.ignoresKeys = ignoresKeys
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

    var isRequired: Bool { self == .required || self == .requiredOfServices }

    func read(_ request: Request) throws(Problem) -> IdempotencyKey? {
        switch self {
        case .optional, .required: try IdempotencyKey(request, required: isRequired)
        case .requiredOfServices: try IdempotencyKey(request.headers, client: "", required: true)
        }
    }
}
