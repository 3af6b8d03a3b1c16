import HTTP

extension SMSOutcome {
    /// What is known of a call that got no answer.
    init(_ error: TransportError) {
        self = error.isKnownNotSent ? .notTaken(error.message) : .unknown(error.message)
    }

    /// What any provider's status tells without a look at the body; `nil` where it is about the message itself.
    init?(status response: Response, of provider: String) {
        let answered = "\(provider) answered \(response.status)"
        switch response.status {
        case 200..<300: self = .taken
        case 429: self = .notTaken(answered, retryAfter: Self.retryAfter(response))
        // Credentials, or the address of the provider: the configuration's fault, not the message's.
        case 401, 403, 404, 405: self = .notTaken(answered)
        case 503: self = .notTaken(answered, retryAfter: Self.retryAfter(response))
        case 400..<500: return nil
        // It may have failed after it took the message.
        default: self = .unknown(answered)
        }
    }

    /// In seconds, at most an hour.
    private static func retryAfter(_ response: Response) -> Duration? {
        response.headers["Retry-After"].flatMap { Int64($0) }.map { .seconds(min(max($0, 1), 3600)) }
    }
}
