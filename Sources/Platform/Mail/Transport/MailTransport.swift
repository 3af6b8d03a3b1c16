/// Takes mails on their way.
public protocol MailTransport: Sendable {
    /// Returns once the other side has taken responsibility for the mail.
    func send(_ mail: Mail) async throws(MailError)
}

/// Why a mail was not taken, as far as is known.
public struct MailError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Outcome: Sendable, Hashable {
        /// For good: trying again would end the same.
        case refused
        /// It was certainly not taken this time.
        case notTaken
        /// It went out whole and no answer came: it may have been taken.
        case unknown
    }
    public let outcome: Outcome
    public let message: String

    public init(_ outcome: Outcome, _ message: String) {
        self.outcome = outcome
        self.message = message
    }

    public var description: String { message }
}
