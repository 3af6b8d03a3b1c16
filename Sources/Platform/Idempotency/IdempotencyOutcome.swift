public import HTTP

/// What `begin` found.
public enum IdempotencyOutcome: Sendable {
    /// The key is new: do the work, then `complete` or `release` with the token.
    case started(LeaseToken)
    /// An earlier try with this key came to no answer: go on with its subject (the same order id, for example) rather
    /// than with a new one, then `complete` or `release` with the token.
    case resume(subject: String, LeaseToken)
    /// The work is done: send this.
    case replay(Response)
}

/// Shows that its holder is the one who works on a key now; worthless once another one has taken over.
public struct LeaseToken: Sendable {
    /// The row as its holder wrote it; whoever takes over writes another version.
    let record: IdempotencyRecord
}

/// What went wrong with a lease.
public struct IdempotencyError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String { message }

    public enum Code: Sendable, Hashable {
        /// The lease ran out and another request took over: what this one did must not be stored.
        case leaseLost
    }
    public let code: Code
    public let message: String
}

extension IdempotencyError: ProblemConvertible {
    public var problem: Problem {
        Problem(
            status: 409, title: "Request in progress",
            detail: "A later request with this key has taken over: ask again", retryAfter: .seconds(1))
    }
}
