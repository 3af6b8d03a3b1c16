import Cryptography
public import FoundationEssentials
public import Kernel

/// `Stripe-Signature: t=<Unix seconds>,v1=<hex>[,v1=<hex>]`: hex HMAC-SHA-256 over `t.body` with the endpoint's secret
/// (Stripe, "Verify webhook signatures manually"). Several `v1` stand there while a secret is being rolled.
public enum StripeSignature {
    public static let header = "Stripe-Signature"
    /// How old, or how far ahead, the time may be.
    public static let tolerance = Duration.seconds(300)

    public static func make(_ body: Data, secret: String, at time: Timestamp) -> String {
        let seconds = String(time.milliseconds / 1000)
        return "t=\(seconds),v1=\(signature(body, seconds: seconds, secret: secret))"
    }

    /// Throws if no signature is by one of the secrets, or the time is too far off.
    static func verify(
        _ header: String?, _ body: Data, secrets: [String], at time: Timestamp
    ) throws(InvalidCallback) {
        guard let header else { throw InvalidCallback(.forged, "the signature is missing") }
        let parts = header.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        let pairs = parts.filter { $0.count == 2 }
        guard let seconds = pairs.first(where: { $0[0] == "t" })?[1], let sent = Int64(seconds), sent >= 0,
            sent < 1 << 40
        else { throw InvalidCallback(.forged, "the signature has no time") }
        let given = pairs.filter { $0[0] == "v1" }.map { Array($0[1].utf8) }
        // Anybody can sign with an empty secret.
        let isGenuine = secrets.contains { secret in
            guard !secret.isEmpty else { return false }
            let expected = Array(signature(body, seconds: seconds, secret: secret).utf8)
            return given.contains { ConstantTime.isEqual($0, expected) }
        }
        guard isGenuine else { throw InvalidCallback(.forged, "the signature is forged") }
        let age = time - Timestamp(milliseconds: sent * 1000)
        guard age <= tolerance, age >= .zero - tolerance else {
            throw InvalidCallback(.forged, "the signature is stale")
        }
    }

    private static func signature(_ body: Data, seconds: String, secret: String) -> String {
        hexadecimal(HMAC.sha256(Array("\(seconds).".utf8) + body, key: Array(secret.utf8)))
    }
}
