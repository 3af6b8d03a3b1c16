import Cryptography
import Kernel

/// The keys by which the services of one shop know each other: one that signs, and perhaps a second one that is accepted
/// beside it while a key is exchanged.
public struct ServiceKeys: Sendable {
    /// Bytes that a secret has at least: those of the hash (RFC 7518 §3.2).
    public static let leastSecret = 32

    struct Key: Sendable {
        let bytes: [UInt8]
        /// The first part of every token that it signs. It names algorithm and key, so that a token has only to begin with
        /// it: nothing of a header is ever interpreted.
        let header: String

        /// The key is derived, so that a secret that signs something else too opens nothing here, and the other way round.
        init(_ secret: String) {
            bytes = HMAC.sha256(Array("sambal service token 1".utf8), key: Array(secret.utf8))
            let name = hexadecimal(Digest.sha256(bytes).prefix(4))
            header = Base64URL.encode(Array(#"{"alg":"HS256","kid":"\#(name)","typ":"JWT"}"#.utf8))
        }
    }
    let signing: Key
    let accepted: [Key]

    /// `nil` if a secret is shorter than `leastSecret`.
    public init?(_ secret: String, other: String? = nil) {
        guard ([secret] + [other].compactMap(\.self)).allSatisfy({ $0.utf8.count >= Self.leastSecret }) else {
            return nil
        }
        signing = Key(secret)
        accepted = [signing] + (other.map { [Key($0)] } ?? [])
    }
}

/// Keeps the values that were used last, in two generations: when the younger one is full it becomes the older one, and the
/// one before is dropped.
struct RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    let capacity: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    /// Up to twice `capacity` values are kept.
    init(capacity: Int) { self.capacity = capacity }

    var count: Int { young.count + old.count }

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old.removeValue(forKey: key) else { return nil }
            insert(key, value)
            return value
        }
        set {
            old[key] = nil
            if let newValue { insert(key, newValue) } else { young[key] = nil }
        }
    }

    private mutating func insert(_ key: Key, _ value: Value) {
        if young.count >= capacity, young[key] == nil {
            old = young
            young = [:]
        }
        young[key] = value
    }
}
