/// Takes mails on their way.
public protocol MailTransport: Sendable {
    /// Returns once the other side has taken responsibility for the mail.
    func send(_ mail: Mail) async throws(MailError)
}

/// Why a mail was not taken.
public struct MailError: Error, Sendable, CustomStringConvertible {
    public let message: String
    /// `false` where trying again would end the same: the address is refused.
    public let isRetriable: Bool

    public init(_ message: String, isRetriable: Bool) {
        self.message = message
        self.isRetriable = isRetriable
    }

    public var description: String { message }
}
