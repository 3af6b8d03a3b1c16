/// The body of `POST /sms`. The `Idempotency-Key` goes on to the provider where that knows one.
public struct SendSMS: Codable, Sendable, Hashable {
    /// E.164.
    public let to: String
    public let text: String

    public init(to: String, text: String) {
        self.to = to
        self.text = text
    }
}

public enum SMSAPI {
    public static let path = "/sms"
}
