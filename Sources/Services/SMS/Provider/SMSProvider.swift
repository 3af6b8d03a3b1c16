/// Takes text messages on their way.
protocol SMSProvider: Sendable {
    func send(_ message: TextMessage) async -> SMSOutcome
}

/// A text message to one person.
struct TextMessage: Sendable, Hashable {
    /// Names it for good: one sent again has the same.
    let key: String
    /// E.164.
    let to: String
    let text: String
}

/// How an attempt to send ended, as far as is known.
enum SMSOutcome: Sendable, Hashable {
    enum Field: String, Sendable, Hashable {
        case to, text
    }

    case taken
    /// For good: trying again would end the same. `field` is what it is about, where the provider says so.
    case refused(String, field: Field? = nil)
    /// Not this time: the provider is away, too busy, or not as the configuration thinks.
    case notTaken(String, retryAfter: Duration? = nil)
    /// It may have been taken.
    case unknown(String)
}
