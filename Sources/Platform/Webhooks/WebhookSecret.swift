import FoundationEssentials

/// The key that both sides of a webhook know: `whsec_` and base64, as Standard Webhooks writes it.
public struct WebhookSecret: Sendable {
    let key: [UInt8]

    /// `nil` where the text is not of that form, or the key is shorter than 24 bytes.
    public init?(_ text: String) {
        guard text.hasPrefix("whsec_"), let key = Data(base64Encoded: String(text.dropFirst(6))), key.count >= 24
        else { return nil }
        self.key = Array(key)
    }

    /// Writes a key of 32 random bytes in that form.
    public static func generate(random: () -> UInt64) -> String {
        let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: random()) { Array($0) } }
        return "whsec_" + Data(bytes).base64EncodedString()
    }
}
