/// The body of `POST /emails`. The `Idempotency-Key` becomes the mail's Message-ID, so that a mail sent again is
/// recognised where the other side can.
public struct SendEmail: Codable, Sendable {
    public let to: String
    public let subject: String
    public let text: String

    public init(to: String, subject: String, text: String) {
        self.to = to
        self.subject = subject
        self.text = text
    }
}

public enum EmailAPI {
    public static let path = "/emails"
}
