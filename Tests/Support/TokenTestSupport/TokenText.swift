import Cryptography
package import Kernel
import Tokens

/// Puts tokens together part by part, good ones and bad ones.
package enum TokenText {
    package static func part(_ json: String) -> String { Base64URL.encode(Array(json.utf8)) }

    package static func joined(_ header: String, _ claims: String, _ signature: [UInt8]) -> String {
        "\(part(header)).\(part(claims)).\(Base64URL.encode(signature))"
    }

    package static func signed(
        _ header: String, _ claims: String, _ key: SigningKey, pss: Bool = false
    ) -> String {
        joined(header, claims, key.sign(Array("\(part(header)).\(part(claims))".utf8), pss: pss))
    }

    package static func signed(_ header: String, _ claims: String, secret: [UInt8]) -> String {
        joined(header, claims, HMAC.sha256(Array("\(part(header)).\(part(claims))".utf8), key: secret))
    }

    /// Claims as JSON. A change replaces one; `nil` leaves it out. Values are JSON.
    package static func claims(_ changes: [String: String?] = [:], at now: Timestamp) -> String {
        let seconds = now.milliseconds / 1000
        let usual = [
            ("iss", "\"https://id.example\""), ("sub", "\"ann\""), ("aud", "\"shop\""), ("exp", "\(seconds + 300)"),
            ("iat", "\(seconds)"), ("roles", "[\"operator\",\"seller\"]"),
        ]
        var members = usual.compactMap { name, value -> String? in
            guard let change = changes[name] else { return "\"\(name)\":\(value)" }
            return change.map { "\"\(name)\":\($0)" }
        }
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) where !usual.contains(where: { $0.0 == name }) {
            if let value { members.append("\"\(name)\":\(value)") }
        }
        return "{\(members.joined(separator: ","))}"
    }
}

/// Keys that are made once for all tests: those for RSA take long.
package enum TestKeys {
    package static let rsa = SigningKey(.rsa(2048), id: "rsa-1")
    package static let pss = SigningKey(.rsa(2048), id: "pss-1")
    package static let p256 = SigningKey(.p256, id: "ec-1")
    package static let ed25519 = SigningKey(.ed25519, id: "ed-1")
    package static let foreignRSA = SigningKey(.rsa(2048), id: "rsa-1")
    package static let foreignEd25519 = SigningKey(.ed25519, id: "ed-1")
    package static let secret = Array("a secret of at least thirty-two bytes".utf8)

    /// The set of all but the foreign ones.
    package static let set =
        "{\"keys\":[\(rsa.jwkText()),\(pss.jwkText([("alg", "PS256"), ("use", "sig")])),\(p256.jwkText()),"
        + "\(ed25519.jwkText([("alg", "EdDSA")]))]}"
}

/// The tokens by which services know each other, put together without the product's own code for them.
package enum ServiceTokenText {
    /// The key that a secret stands for.
    package static func key(_ secret: String) -> [UInt8] {
        HMAC.sha256(Array("sambal service token 1".utf8), key: Array(secret.utf8))
    }

    package static func header(_ secret: String) -> String {
        let name = hexadecimal(Digest.sha256(key(secret)).prefix(4))
        return #"{"alg":"HS256","kid":"\#(name)","typ":"JWT"}"#
    }

    package static func claims(
        from service: String = "gateway", for audience: String, issued: Int64, lasting: Int64 = 60,
        caller: String? = nil, issuer: String = "sambal-services"
    ) -> String {
        #"{"iss":"\#(issuer)","sub":"\#(service)","aud":"\#(audience)","iat":\#(issued),"exp":\#(issued + lasting)"#
            + (caller.map { #","caller":\#($0)"# } ?? "") + "}"
    }

    package static func signed(_ claims: String, secret: String) -> String {
        TokenText.signed(header(secret), claims, secret: key(secret))
    }
}
