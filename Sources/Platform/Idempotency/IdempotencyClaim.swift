public import HTTP

/// Shows that its holder is the one who works on a key now: what `complete`, `release` and `forget` need. Worthless once
/// another request has taken over.
public struct IdempotencyClaim: Sendable {
    public let key: IdempotencyKey
    /// An earlier request with the key began and came to no answer: the work goes on with that request's subject.
    public internal(set) var isResumed = false
    /// The row as the holder wrote it; a request that takes over writes another version.
    let record: IdempotencyRecord

    /// The identifier of what the work is about, the same for every request that resumes it.
    public var subject: String { record.subject }
}

/// The state of a key that a request comes with.
public enum IdempotencyBeginning: Sendable {
    /// The key is the request's: do the work on the claim's subject, then settle the claim.
    case begun(IdempotencyClaim)
    /// The work is done: send this.
    case replay(Response)
}

/// A failure to settle a claim.
public struct IdempotencyError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String { message }

    public enum Code: Sendable, Hashable {
        /// The lease ran out and another request took over: what this one did must not be stored.
        case leaseLost
    }
    public let code: Code
    public let message: String

    init(leaseLostOn key: IdempotencyKey) {
        code = .leaseLost
        message = "the lease on key '\(key.value)' was lost"
    }
}

extension IdempotencyError: ProblemConvertible {
    public var problem: Problem {
        Problem(
            status: 409, title: "Request in progress",
            detail: "A later request with this key has taken over: ask again", retryAfter: .seconds(1))
    }
}
