/// Sends text messages.
protocol SMSProvider: Sendable {
    func send(_ message: TextMessage) async -> SMSOutcome
}

/// A text message to one person.
struct TextMessage: Sendable, Hashable {
    /// The message's identity, the same when it is sent again.
    let key: String
    /// The number in E.164.
    let to: String
    let text: String
}

/// The outcome of an attempt to send, as far as it is known.
enum SMSOutcome: Sendable, Hashable {
    enum Field: String, Sendable, Hashable {
        case to, text
    }

    case taken
    /// The message is refused for good. `field` is the refused field, if the provider names one.
    case refused(String, field: Field? = nil)
    /// The message was not accepted this time: the provider is away or too busy, or the configuration is wrong.
    case notTaken(String, retryAfter: Duration? = nil)
    /// The message may have been accepted.
    case unknown(String)
}
