public import HTTP

/// How one attempt at a call ended.
public enum AttemptOutcome: Sendable, Hashable {
    /// There was an answer; `retryAfter` is what its `Retry-After` asks for.
    case answered(status: Int, retryAfter: Duration? = nil)
    case failed(TransportError.Code)

    /// Whether trying again can help: what came of it is not known, or the other side said when to come back.
    ///
    /// Where nobody listens there is no waiting: that nothing was sent is certain, and the caller can act on it at once.
    public var isTransient: Bool {
        switch self {
        case .answered(let status, let retryAfter):
            [502, 504].contains(status) || (retryAfter != nil && [429, 503].contains(status))
        case .failed(let code): [.timedOut, .interrupted].contains(code)
        }
    }

    /// Whether the other side may have acted on the request.
    public var mayHaveArrived: Bool {
        switch self {
        case .answered(let status, _): status != 429
        case .failed(let code): !TransportError(code, "").isKnownNotSent
        }
    }
}
