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

/// The rule by which every service that takes or uses a phone number knows one.
public enum PhoneNumber {
    /// E.164: a plus sign and 7 to 15 digits, the first not 0. Whether it exists only a message can tell.
    public static func isPlausible(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst()
        return text.utf8.first == UInt8(ascii: "+") && (7...15).contains(digits.count)
            && digits.first != UInt8(ascii: "0")
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
