public import HTTP
public import Idempotency
public import Storage

/// One request for a command, with its key.
public struct CommandCall: Sendable {
    public let request: Request
    /// The request's key; `nil` if it has none, or the command ignores keys.
    public let key: IdempotencyKey?
    let commands: Commands

    /// The caller of the request; `nil` of nobody in particular.
    public var caller: Caller? { request.caller }

    /// One try of the work, in the transaction that begins it.
    public struct Try: Sendable {
        /// The identifier that the work makes or is about. It is the first request's, so that whatever an earlier try
        /// did outside is found again, and not done twice.
        public let subject: String
        let claim: IdempotencyClaim?

        /// An earlier request with the key began the work and came to no answer.
        public var isResumed: Bool { claim?.isResumed ?? false }
    }

    /// The key, for work that takes its own name from it. Throws a 400 `Problem` if there is none.
    public var requiredKey: IdempotencyKey {
        get throws(Problem) {
            guard let key else { throw .invalid(IdempotencyKey.header, "is required") }
            return key
        }
    }

    /// Does all of the work in one transaction with the key. An error that `work` throws undoes both, so that the key
    /// stays free.
    ///
    /// `subject` is the identifier for new work; it is shown to a client that cannot be told the outcome. `policy` says
    /// whether the transaction runs again if others have changed what it has read.
    public func once(
        subject: String = "", onConflict policy: ConflictPolicy = .fail,
        _ work: @escaping @Sendable (Try, any Transaction) async throws -> Response
    ) async throws -> Response {
        try await commands.context.transaction(onConflict: policy) { tx in
            switch try await begin(subject, in: tx) {
            case .replay(let response): return response
            case .begun(let attempt):
                let response = try await work(attempt, tx)
                if let claim = attempt.claim { try await commands.keys.complete(claim, with: response, in: tx) }
                return response
            }
        }
    }

    /// Does work with a call outside of the service in its middle: `accept` makes the work durable with its key,
    /// `afterwards` asks outside, and `record` makes the outcome durable with the answer. Where the process dies in
    /// between, the next request with the key resumes the work once the lease has ended.
    ///
    /// Errors that `accept` throws undo all. Errors that `afterwards` or `record` throw leave the accepted work as it
    /// is, and the key under its lease.
    public func answer<Work: Sendable, Outcome: Sendable>(
        subject: String,
        accept: @escaping @Sendable (Try, any Transaction) async throws -> CommandStart<Work>,
        afterwards: (Work) async throws -> Outcome,
        record: @escaping @Sendable (Outcome, Work, any Transaction) async throws -> CommandAnswer
    ) async throws -> Response {
        switch try await start(subject, accept) {
        case .replay(let response): return response
        case .answered(let answer): return try answer.result.get()
        case .accepted(let work, let attempt):
            let outcome = try await afterwards(work)
            return try await commands.context.transaction { tx in
                let answer = try await record(outcome, work, tx)
                if let claim = attempt.claim { try await commands.settle(claim, answer, in: tx) }
                return answer
            }.result.get()
        }
    }

    /// Does work whose outcome somebody else records, a saga for example: `afterwards` waits for it and tells the
    /// answer, and only the key is settled.
    public func answer<Work: Sendable>(
        subject: String,
        accept: @escaping @Sendable (Try, any Transaction) async throws -> CommandStart<Work>,
        afterwards: (Work) async throws -> CommandAnswer
    ) async throws -> Response {
        switch try await start(subject, accept) {
        case .replay(let response): return response
        case .answered(let answer): return try answer.result.get()
        case .accepted(let work, let attempt):
            let answer = try await afterwards(work)
            if let claim = attempt.claim {
                try await commands.context.transaction { tx in try await commands.settle(claim, answer, in: tx) }
            }
            return try answer.result.get()
        }
    }
}

extension CommandCall {
    private enum Beginning: Sendable {
        case begun(Try)
        case replay(Response)
    }

    private enum Start<Work: Sendable>: Sendable {
        case replay(Response)
        case answered(CommandAnswer)
        case accepted(Work, Try)
    }

    private func start<Work: Sendable>(
        _ subject: String, _ accept: @escaping @Sendable (Try, any Transaction) async throws -> CommandStart<Work>
    ) async throws -> Start<Work> {
        try await commands.context.transaction { tx in
            switch try await begin(subject, in: tx) {
            case .replay(let response): return .replay(response)
            case .begun(let attempt):
                switch try await accept(attempt, tx) {
                case .accepted(let work): return .accepted(work, attempt)
                case .answer(let answer):
                    if let claim = attempt.claim { try await commands.settle(claim, answer, in: tx) }
                    return .answered(answer)
                }
            }
        }
    }

    private func begin(_ subject: String, in tx: any Transaction) async throws -> Beginning {
        guard let key else { return .begun(Try(subject: subject, claim: nil)) }
        switch try await commands.keys.begin(key, for: request, subject: subject, lease: commands.lease, in: tx) {
        case .replay(let response): return .replay(response)
        case .begun(let claim): return .begun(Try(subject: claim.subject, claim: claim))
        }
    }
}
