import Kernel

@testable import Tokens

extension FuzzTarget {
    static let tokenTargets = [FuzzTarget(name: "token", read: readToken)]
}

/// The keys of the corpus' good tokens: RFC 7515 A.1, whose claims say little, and RFC 8037 A.4.
private let keys = KeySet([
    VerificationKey(
        secret: Base64URL.decode(
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow".utf8)!)!,
    try! KeySet(
        json: Array(
            #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#.utf8)
    ).keys[0],
])

/// The only tokens that these keys have signed.
private let good: Set<String> = [
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvb"
        + "S9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4"
        + "iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
]

/// Reads a token; or claims, a key set and a discovery document, if the input is JSON. Every value has one text, and no token
/// is verified but those that were signed.
private func readToken(_ bytes: [UInt8]) {
    if let decoded = Base64URL.decode(bytes) {
        precondition(Base64URL.encode(decoded).utf8.elementsEqual(bytes), "two texts of one value")
    }
    if bytes.first == UInt8(ascii: "{") {
        if let set = try? KeySet(json: bytes) {
            precondition((1...TokenLimits.keys).contains(set.keys.count), "a set without keys, or with too many")
            precondition(set.keys.allSatisfy { !$0.algorithms.contains(.hs256) }, "a secret in a set")
            precondition(set.isSame(as: set), "a set is not the same as itself")
        }
        _ = try? IssuerMetadata(json: bytes, of: "https://id.example")
        guard let claims = try? TokenClaims(bytes) else { return }
        precondition(!claims.subject.isEmpty, "nobody")
        let roles = claims.roles(in: "roles") + claims.roles(in: "a.b")
        precondition(
            roles.allSatisfy { $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2C } }, "a role that breaks")
        return
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let token = try? CompactToken(text) else { return }
    let isVerified = (try? token.verify(with: keys)) != nil
    precondition(isVerified == good.contains(text), "a token is verified that nobody signed, or a good one is not")
}
