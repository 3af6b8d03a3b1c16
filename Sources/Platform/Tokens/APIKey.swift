import Cryptography
public import Kernel

/// A secret text by which a program shows who it is: `sk_sambal_`, an identifier, `_`, and 192 random bits.
///
/// The prefix is for people and for scanners that look for leaked secrets. The identifier is no secret: it finds the record,
/// of which only the hash of the whole text is kept.
public struct APIKey: Sendable {
    /// The header field in which a request has it.
    public static let field = "X-API-Key"
    /// The issuer of callers who are known by a key.
    public static let issuer = "sambal-api-keys"

    /// Every key begins so.
    package static let prefix = "sk_sambal_"
    static let identifierDigits = 12
    static let secretDigits = 48

    public let identifier: String
    public let text: String

    /// `random` gives 64 bits that nobody can guess.
    public init(random: () -> UInt64) {
        identifier = String(hexadecimal(random()).prefix(Self.identifierDigits))
        text = Self.prefix + identifier + "_" + (0..<Self.secretDigits / 16).map { _ in hexadecimal(random()) }.joined()
    }

    /// `nil` for a text that is no key: every key has exactly one text.
    public init?(_ text: String) {
        let bytes = text.utf8
        let count = Self.prefix.utf8.count + Self.identifierDigits + 1 + Self.secretDigits
        guard bytes.count == count, text.hasPrefix(Self.prefix) else { return nil }
        let rest = bytes.dropFirst(Self.prefix.utf8.count)
        let (identifier, end) = (rest.prefix(Self.identifierDigits), rest.dropFirst(Self.identifierDigits))
        guard identifier.allSatisfy(Self.isDigit), end.first == UInt8(ascii: "_"),
            end.dropFirst().allSatisfy(Self.isDigit)
        else { return nil }
        self.identifier = String(Substring(identifier))
        self.text = text
    }

    /// The identifier of a text that begins like a key, even if the rest is none: nothing else of such a text may be shown.
    public static func identifier(in text: String) -> String? {
        guard text.hasPrefix(prefix) else { return nil }
        let digits = text.utf8.dropFirst(prefix.utf8.count).prefix(identifierDigits)
        return digits.count == identifierDigits && digits.allSatisfy(isDigit) ? String(Substring(digits)) : nil
    }

    /// SHA-256 of the text, in hexadecimal digits. A slow hash would add nothing: 192 random bits cannot be tried out.
    public var hash: String { hexadecimal(Digest.sha256(Array(text.utf8))) }

    /// Whether a text has the form of an identifier.
    public static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == identifierDigits && text.utf8.allSatisfy(isDigit)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}

/// The record of a key: everything but the key.
public struct APIKeyRecord: Codable, Sendable, Hashable {
    public enum State: String, Sendable {
        case active, expired, revoked
    }
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, name, roles, rateClass, hash, createdAt, expiresAt, revokedAt
    }
    public let id: String
    /// The caller. Keys of one name are one caller, so that a key can be exchanged for another.
    public let name: String
    public let roles: [String]
    /// The rates that hold for the caller, by a name of the configuration; `nil` for those of the routes.
    public let rateClass: String?
    public let hash: String
    public let createdAt: Timestamp
    public let expiresAt: Timestamp?
    public var revokedAt: Timestamp?

    public init(
        _ key: APIKey, name: String, roles: [String], rateClass: String?, createdAt: Timestamp, expiresAt: Timestamp?
    ) {
        id = key.identifier
        self.name = name
        self.roles = roles
        self.rateClass = rateClass
        hash = key.hash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// Refuses members that it does not know: a later version may have restricted the key by them.
    public init(from decoder: any Decoder) throws {
        try MemberNames.check(decoder, known: CodingKeys.allCases.map(\.rawValue))
        let members = try decoder.container(keyedBy: CodingKeys.self)
        id = try members.decode(String.self, forKey: .id)
        name = try members.decode(String.self, forKey: .name)
        roles = try members.decode([String].self, forKey: .roles)
        rateClass = try members.decodeIfPresent(String.self, forKey: .rateClass)
        hash = try members.decode(String.self, forKey: .hash)
        createdAt = try members.decode(Timestamp.self, forKey: .createdAt)
        expiresAt = try members.decodeIfPresent(Timestamp.self, forKey: .expiresAt)
        revokedAt = try members.decodeIfPresent(Timestamp.self, forKey: .revokedAt)
    }

    public func state(at now: Timestamp) -> State {
        if revokedAt != nil { return .revoked }
        return expiresAt.map { $0 <= now } == true ? .expired : .active
    }

    /// Whether a text can be a name or a rate class: 1 to 64 ASCII letters, digits and `.`, `_`, `@`, `:`, `/`, `+`, `-`.
    public static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "._@:/+-".utf8.contains(byte)
                }
            }
    }

    /// Whether a text can be a role: visible ASCII characters without comma and quotation mark.
    public static func isRole(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") }
    }
}

enum MemberNames {
    /// Throws if the JSON object has a member with another name.
    static func check(_ decoder: any Decoder, known: [String]) throws {
        let members = try decoder.container(keyedBy: TextKey.self)
        for name in members.allKeys where !known.contains(name.stringValue) {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: members.codingPath + [name],
                    debugDescription: "is not known to this version; the newer one that wrote it must read it"))
        }
    }
}
