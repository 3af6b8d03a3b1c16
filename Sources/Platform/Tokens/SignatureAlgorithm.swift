import Cryptography

/// The algorithms of RFC 7518 and RFC 8037 that are accepted. `none` is not one of them.
public enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    case rs256 = "RS256"
    case ps256 = "PS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
    case hs256 = "HS256"

    /// Finds an algorithm by its name in tokens, keys and settings, where case matters. RFC 9864 calls `Ed25519` what
    /// RFC 8037 calls `EdDSA` on this curve, the only one accepted here.
    public init?(name: String) {
        guard name != "Ed25519" else {
            self = .edDSA
            return
        }
        guard let algorithm = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }) else {
            return nil
        }
        self = algorithm
    }

    /// The signature scheme; `nil` for the keyed hash.
    var scheme: PublicKey.Scheme? {
        switch self {
        case .rs256: .rsaPKCS1
        case .ps256: .rsaPSS
        case .es256: .ecdsaP256
        case .edDSA: .ed25519
        case .hs256: nil
        }
    }
}

/// A key with the algorithms that it is for. A token never decides which algorithm a key is used with: its `alg` only
/// chooses among the keys that are for that algorithm.
public struct VerificationKey: Sendable {
    enum Material: Sendable {
        case publicKey(PublicKey)
        case secret([UInt8])
    }
    public let id: String?
    public let algorithms: Set<SignatureAlgorithm>
    let material: Material
    /// A digest of the key, equal for equal keys.
    let fingerprint: [UInt8]

    init(id: String?, algorithms: Set<SignatureAlgorithm>, material: Material, fingerprint: [UInt8]) {
        self.id = id
        self.algorithms = algorithms
        self.material = material
        self.fingerprint = fingerprint
    }

    /// The least number of bytes of a secret (RFC 7518 §3.2).
    public static let leastSecret = 32

    /// A secret that both sides know, for HS256 alone. `nil` if it is shorter than 32 bytes.
    public init?(secret: [UInt8]) {
        guard secret.count >= Self.leastSecret else { return nil }
        self.init(
            id: nil, algorithms: [.hs256], material: .secret(secret),
            fingerprint: Digest.sha256(Array("secret".utf8) + secret))
    }

    func verify(_ message: [UInt8], signature: [UInt8], by algorithm: SignatureAlgorithm) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        switch (material, algorithm.scheme) {
        case (.publicKey(let key), let scheme?): return key.verify(message, signature: signature, by: scheme)
        case (.secret(let secret), nil):
            return ConstantTime.isEqual(HMAC.sha256(message, key: secret), signature)
        default: return false
        }
    }

    /// Whether a token with this `kid` may be signed by the key. A key or a token without one fits any.
    func fits(kid: String?) -> Bool {
        guard let id, let kid else { return true }
        return id.utf8.elementsEqual(kid.utf8)
    }
}
