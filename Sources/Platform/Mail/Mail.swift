public import Kernel

/// A mail to one person.
public struct Mail: Sendable, Hashable {
    /// Names the mail for good: one sent again has the same, so that the other side can recognise it.
    public let id: String
    public let from: MailAddress
    public let to: MailAddress
    public let subject: String
    public let text: String
    /// The text for readers that show HTML.
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

/// An address that can stand in a header and in an SMTP command without ending either: printable ASCII without blanks
/// and brackets, an `@` with something on both sides.
public struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// `nil` if the text is none.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && !"<>".utf8.contains($0) }),
            let at = text.lastIndex(of: "@"), at != text.startIndex, text.index(after: at) != text.endIndex
        else { return nil }
        self.text = text
    }

    public var domain: Substring { text[text.index(after: text.lastIndex(of: "@")!)...] }

    public var description: String { text }
}
