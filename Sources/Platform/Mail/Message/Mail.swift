public import Kernel

/// A mail to one person.
public struct Mail: Sendable, Hashable {
    /// Names the mail for good: one sent again has the same, so that the other side can recognise it.
    public let id: String
    public let from: MailAddress
    public let to: MailAddress
    public let subject: String
    public let text: String
    /// The same for readers that show HTML.
    public let html: String?
    public let date: Timestamp

    public init(
        id: String, from: MailAddress, to: MailAddress, subject: String, text: String, html: String? = nil,
        date: Timestamp
    ) {
        self.id = id
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.date = date
    }
}
