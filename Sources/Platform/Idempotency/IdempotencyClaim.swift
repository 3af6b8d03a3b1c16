public import HTTP
public import Storage

/// A key that this request works on: what `complete` and `release` need.
public struct IdempotencyClaim: Sendable {
    public let key: IdempotencyKey
    public let token: LeaseToken
}

/// What a request finds when it comes with a key.
public enum IdempotencyBeginning: Sendable {
    /// The key is new: do the work.
    case started(IdempotencyClaim)
    /// An earlier try came to no answer: go on with its subject.
    case resumed(IdempotencyClaim, subject: String)
    /// The work is done: send this.
    case replay(Response)
}

/// The same for handlers: with the request's own key and fingerprint.
extension IdempotencyStore {
    public func begin(
        _ key: IdempotencyKey, for request: Request, subject: String, lease: Duration, in tx: any Transaction
    ) async throws -> IdempotencyBeginning {
        // A request to a collection makes the resource that it is about.
        if !subject.isEmpty, request.parameters.isEmpty {
            RequestEffects.current?.noteResource("\(request.path)/\(subject)")
        }
        return switch try await begin(key, Fingerprint(request), subject: subject, lease: lease, in: tx) {
        case .started(let token): .started(IdempotencyClaim(key: key, token: token))
        case .resume(let subject, let token): .resumed(IdempotencyClaim(key: key, token: token), subject: subject)
        case .replay(let response): .replay(response)
        }
    }

    public func complete(_ claim: IdempotencyClaim, with response: Response, in tx: any Transaction) async throws {
        try await complete(claim.key, claim.token, response, in: tx)
    }

    public func forget(_ claim: IdempotencyClaim, in tx: any Transaction) async throws {
        try await forget(claim.key, claim.token, in: tx)
    }

    public func release(_ claim: IdempotencyClaim, in tx: any Transaction) async throws {
        try await release(claim.key, claim.token, in: tx)
    }
}
