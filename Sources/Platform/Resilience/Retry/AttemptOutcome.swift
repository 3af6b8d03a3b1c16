public import HTTP

/// How one attempt at a call ended.
public enum AttemptOutcome: Sendable, Hashable {
    /// There was an answer; `retryAfter` is what its `Retry-After` asks for.
    case answered(status: Int, retryAfter: Duration? = nil)
    case failed(TransportError.Code)

    /// Whether trying again can help: the other side was not there, did not answer, or said that it could not just now.
    public var isTransient: Bool {
        switch self {
        case .answered(let status, _): [429, 502, 503, 504].contains(status)
        case .failed(let code): [.unreachable, .timedOut, .interrupted].contains(code)
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
