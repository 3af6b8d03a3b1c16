import Cryptography
public import FoundationEssentials
public import HTTP
public import Kernel

/// Signs and verifies callbacks as Standard Webhooks has it: `webhook-id`, `webhook-timestamp` (Unix seconds) and
/// `webhook-signature`, a list of `v1,` and the base64 HMAC-SHA-256 over `id.timestamp.body`.
public enum StandardWebhook {
    /// How old, or how far ahead, a timestamp may be.
    public static let tolerance = Duration.seconds(300)

    public static func headers(id: String, body: Data, secret: WebhookSecret, at time: Timestamp) -> Headers {
        let seconds = String(time.milliseconds / 1000)
        return [
            "webhook-id": id, "webhook-timestamp": seconds,
            "webhook-signature": "v1," + signature(id: id, seconds: seconds, body: body, secret: secret),
        ]
    }

    /// The callback's id, if it is genuine and fresh.
    public static func verify(
        _ request: Request, secret: WebhookSecret, at time: Timestamp
    ) throws(InvalidWebhook) -> String {
        guard let id = request.headers["webhook-id"], !id.isEmpty, id.utf8.count <= 255,
            let seconds = request.headers["webhook-timestamp"], let list = request.headers["webhook-signature"]
        else { throw .unsigned }
        guard let sent = Int64(seconds), sent >= 0, sent < 1 << 40 else { throw .unsigned }
        let expected = Array(signature(id: id, seconds: seconds, body: request.body, secret: secret).utf8)
        let isGenuine = list.split(separator: " ").contains { entry in
            entry.hasPrefix("v1,") && ConstantTime.isEqual(Array(entry.dropFirst(3).utf8), expected)
        }
        guard isGenuine else { throw .forged }
        let age = time - Timestamp(milliseconds: sent * 1000)
        guard age <= tolerance, age >= .zero - tolerance else { throw .stale }
        return id
    }

    private static func signature(id: String, seconds: String, body: Data, secret: WebhookSecret) -> String {
        Data(HMAC.sha256(Array("\(id).\(seconds).".utf8) + body, key: secret.key)).base64EncodedString()
    }
}

/// Why a callback is not taken.
public enum InvalidWebhook: String, Error, CustomStringConvertible {
    /// One of the three headers is missing or malformed.
    case unsigned
    /// No signature in the list is ours.
    case forged
    /// Genuine, but its time is too far off: perhaps a replay.
    case stale

    public var description: String {
        switch self {
        case .unsigned: "a header of its signature is missing or malformed"
        case .forged: "none of its signatures is made with the shared secret"
        case .stale: "it is genuine, but too old or from the future"
        }
    }
}

/// The key that both sides of a webhook know: `whsec_` and base64, as Standard Webhooks writes it.
public struct WebhookSecret: Sendable {
    let key: [UInt8]

    /// `nil` if the text is not of that form, or the key is shorter than 24 bytes.
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
