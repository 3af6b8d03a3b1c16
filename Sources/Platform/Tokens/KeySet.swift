import Cryptography
import FoundationEssentials
import Kernel

/// The public keys of an issuer: a JSON Web Key Set (RFC 7517 §5).
///
/// A key that is of another kind, for another use, too weak, or not public is left out (§5: "SHOULD ignore"), and the reason
/// is kept. A set in which nothing is left is an error.
public struct KeySet: Sendable {
    public let keys: [VerificationKey]
    /// One sentence for each key that was left out.
    public let omissions: [String]

    public init(_ keys: [VerificationKey]) {
        self.keys = keys
        omissions = []
    }

    /// Throws `KeySetFault`.
    public init(json bytes: [UInt8]) throws(KeySetFault) {
        guard bytes.count <= TokenLimits.keySetBytes else {
            throw KeySetFault("has more than \(TokenLimits.keySetBytes >> 10) KiB")
        }
        let document: JSONDocument
        do {
            document = try JSON.decode(
                JSONDocument.self, from: Data(bytes),
                limits: JSONLimits(
                    bytes: TokenLimits.keySetBytes, depth: TokenLimits.depth, values: 4096, text: 64 << 10))
        } catch {
            throw KeySetFault("is no JSON: \(ErrorText.of(error))")
        }
        guard case .object(let set) = document, case .list(let items)? = set["keys"] else {
            throw KeySetFault("has no list `keys`")
        }
        guard items.count <= TokenLimits.keys else { throw KeySetFault("has more than \(TokenLimits.keys) keys") }
        var (keys, omissions): ([VerificationKey], [String]) = ([], [])
        for (index, item) in items.enumerated() {
            do {
                keys.append(try VerificationKey(jwk: item))
            } catch {
                omissions.append("key \(index + 1) \(error.description)")
            }
        }
        guard !keys.isEmpty else {
            throw KeySetFault("has no key that can be used" + (omissions.first.map { ": \($0)" } ?? ""))
        }
        self.keys = keys
        self.omissions = omissions
    }

    /// The keys that may have signed a token.
    func candidates(kid: String?, algorithm: SignatureAlgorithm) -> [VerificationKey] {
        Array(
            keys.lazy.filter { $0.algorithms.contains(algorithm) && $0.fits(kid: kid) }.prefix(TokenLimits.candidates))
    }

    func isSame(as other: KeySet) -> Bool {
        keys.map(\.fingerprint) == other.keys.map(\.fingerprint)
    }
}

/// The reason why a key or a set cannot be used: the end of a sentence about it.
public struct KeySetFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

extension VerificationKey {
    /// Reads a JSON Web Key (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
    init(jwk: JSONDocument) throws(KeySetFault) {
        guard case .object(let jwk) = jwk else { throw KeySetFault("is no object") }
        func text(_ name: String) throws(KeySetFault) -> String? {
            switch jwk[name] {
            case nil: return nil
            case .text(let text): return text
            default: throw KeySetFault("has a \(name) that is no text")
            }
        }
        func bytes(_ name: String) throws(KeySetFault) -> [UInt8] {
            guard let text = try text(name), let bytes = Base64URL.decode(text.utf8) else {
                throw KeySetFault("has no \(name) in base64url")
            }
            return bytes
        }
        guard jwk["d"] == nil, jwk["p"] == nil else {
            throw KeySetFault("is private; whoever signs keeps it for themselves")
        }
        if let use = try text("use"), use != "sig" { throw KeySetFault("is not for signatures") }
        if let operations = jwk["key_ops"] {
            guard case .list(let list) = operations, list.contains("verify") else {
                throw KeySetFault("is not for verifying")
            }
        }
        let (material, algorithms): (PublicKey?, Set<SignatureAlgorithm>)
        switch (try text("kty"), try text("crv")) {
        case ("RSA", nil):
            material = PublicKey.rsa(modulus: try bytes("n"), exponent: try bytes("e"))
            algorithms = [.rs256, .ps256]
        case ("EC", "P-256"):
            material = PublicKey.p256(x: try bytes("x"), y: try bytes("y"))
            algorithms = [.es256]
        case ("OKP", "Ed25519"):
            material = PublicKey.ed25519(try bytes("x"))
            algorithms = [.edDSA]
        case ("oct", _): throw KeySetFault("is a secret, which no key set may hold")
        default: throw KeySetFault("is of another kind than RSA, P-256 and Ed25519")
        }
        guard let material else {
            throw KeySetFault(
                "is no valid public key; an RSA key has \(PublicKey.rsaBits.lowerBound) to "
                    + "\(PublicKey.rsaBits.upperBound) bits and an exponent of at least 65537")
        }
        var allowed = algorithms
        if let name = try text("alg") {
            allowed = algorithms.filter { $0 == SignatureAlgorithm(name: name) }
            guard !allowed.isEmpty else { throw KeySetFault("is for an algorithm that it cannot be used with") }
        }
        let id = try text("kid")
        var identity: [UInt8] = []
        for part in [id ?? "", allowed.map(\.rawValue).sorted().joined(separator: ",")]
            + ["n", "e", "x", "y"].map({ name in
                if case .text(let text)? = jwk[name] { text } else { "" }
            })
        {
            identity += Array(part.utf8) + [0]
        }
        self.init(
            id: id, algorithms: allowed, material: .publicKey(material), fingerprint: Digest.sha256(identity))
    }
}
