import HTTP

extension SMSOutcome {
    /// Makes the outcome of a call without an answer.
    init(_ error: TransportError) {
        self = error.isKnownNotSent ? .notTaken(error.message) : .unknown(error.message)
    }

    /// Makes the outcome from the status alone; `nil` if the answer is about the message, so that the body decides.
    init?(status response: Response, of provider: String) {
        let answered = "\(provider) answered \(response.status)"
        switch response.status {
        case 200..<300: self = .taken
        case 429: self = .notTaken(answered, retryAfter: Self.retryAfter(response))
        // Wrong credentials or a wrong address of the provider: the configuration is at fault, not the message.
        case 401, 403, 404, 405: self = .notTaken(answered)
        case 503: self = .notTaken(answered, retryAfter: Self.retryAfter(response))
        case 400..<500: return nil
        // The provider may have failed after it accepted the message.
        default: self = .unknown(answered)
        }
    }

    /// Reads `Retry-After` in seconds, at most an hour.
    private static func retryAfter(_ response: Response) -> Duration? {
        response.headers["Retry-After"].flatMap { Int64($0) }.map { .seconds(min(max($0, 1), 3600)) }
    }
}
