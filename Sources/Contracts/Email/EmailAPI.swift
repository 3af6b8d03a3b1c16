/// The body of `POST /emails`. The `Idempotency-Key` becomes the mail's Message-ID, so that a mail sent again is
/// recognised where the other side can.
public struct SendEmail: Codable, Sendable, Hashable {
    public let to: String
    public let subject: String
    public let text: String
    /// The same for readers that show HTML.
    public let html: String?

    public init(to: String, subject: String, text: String, html: String? = nil) {
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
    }
}

public enum EmailAPI {
    public static let path = "/emails"
}
