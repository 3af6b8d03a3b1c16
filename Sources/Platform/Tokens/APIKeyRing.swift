import Cryptography
import FoundationEssentials
public import Kernel

/// The keys that are known, as a file has them: `{"keys": […]}`, with the end of the audit log that tells of them.
public struct APIKeyRing: Sendable {
    public private(set) var records: [APIKeyRecord]
    private var positions: [String: Int]

    /// The last record of the audit log that tells of the keys.
    public struct AuditMark: Codable, Sendable, Hashable {
        public let number: Int64
        public let hash: String

        public init(number: Int64, hash: String) { (self.number, self.hash) = (number, hash) }
    }
    /// `nil` of keys from before the log.
    public var audit: AuditMark?

    /// The hash that an unknown key is compared with, so that the time does not tell which identifiers there are.
    private static let nobody = Array(String(repeating: "0", count: 64).utf8)

    public init() { (records, positions) = ([], [:]) }

    /// Throws `APIKeyFault`, the end of a sentence about the file.
    public init(json bytes: [UInt8]) throws(APIKeyFault) {
        guard bytes.count <= APIKeyLimits.fileBytes else {
            throw APIKeyFault("has more than \(APIKeyLimits.fileBytes >> 20) MiB")
        }
        let content: Content
        do {
            content = try JSON.decode(
                Content.self, from: Data(bytes),
                limits: JSONLimits(
                    bytes: APIKeyLimits.fileBytes, depth: 4, values: APIKeyLimits.keys * 80, text: 64 << 10))
        } catch {
            throw APIKeyFault("is no file of API keys: \(ErrorText.of(error))")
        }
        self.init()
        for record in content.keys { try add(record) }
        audit = content.audit
    }

    /// Throws if it is not one that `sambal apikey create` makes, if its identifier is taken, or if there are too many.
    public mutating func add(_ record: APIKeyRecord) throws(APIKeyFault) {
        guard records.count < APIKeyLimits.keys else { throw APIKeyFault("has \(APIKeyLimits.keys) keys, the limit") }
        let isWhole =
            APIKey.isIdentifier(record.id)
            && record.hash.utf8.count == Self.nobody.count && record.hash.utf8.allSatisfy(APIKey.isDigit)
            && APIKeyRecord.isName(record.name) && record.rateClass.map(APIKeyRecord.isName) != false
            && record.roles.count <= APIKeyLimits.roles && record.roles.allSatisfy(APIKeyRecord.isRole)
        guard isWhole else {
            throw APIKeyFault("has a record that is none: \(records.count + 1) of the list")
        }
        guard positions[record.id] == nil else { throw APIKeyFault("has two keys with the identifier \(record.id)") }
        positions[record.id] = records.count
        records.append(record)
    }

    /// Revokes a key for good. Returns whether it was active, or `nil` if there is none.
    public mutating func revoke(_ identifier: String, at now: Timestamp) -> Bool? {
        guard let position = positions[identifier] else { return nil }
        let wasActive = records[position].state(at: now) == .active
        if records[position].revokedAt == nil { records[position].revokedAt = now }
        return wasActive
    }

    /// Leaves out the keys that were revoked or expired before that time. As unknown ones they are refused like before.
    public mutating func forget(endedBefore time: Timestamp) {
        let kept = records.filter { record in
            [record.revokedAt, record.expiresAt].compactMap(\.self).allSatisfy { $0 >= time }
        }
        records = kept
        positions = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1.id, $0) })
    }

    /// Returns the caller whose key it is.
    public func caller(of text: String, at now: Timestamp) throws(APIKeyRefusal) -> VerifiedCaller {
        guard let key = APIKey(text) else { throw .malformed }
        let record = positions[key.identifier].map { records[$0] }
        let isEqual = ConstantTime.isEqual(Array(key.hash.utf8), record.map { Array($0.hash.utf8) } ?? Self.nobody)
        guard let record, isEqual else { throw .unknown }
        switch record.state(at: now) {
        case .revoked: throw .revoked
        case .expired: throw .expired
        case .active:
            return VerifiedCaller(
                issuer: APIKey.issuer, subject: record.name, roles: record.roles,
                expires: record.expiresAt ?? .latest, rateClass: record.rateClass)
        }
    }

    /// The text of the file.
    public var text: String {
        get throws { String(decoding: try JSON.bytes(of: Content(keys: records, audit: audit)), as: UTF8.self) + "\n" }
    }

    /// The bytes by which the file grows if all of its keys are revoked.
    public var bytesOfRevocations: Int { records.count { $0.revokedAt == nil } * APIKeyLimits.revocationBytes }

    /// The bytes by which the file may grow for the mark of the audit log.
    public var bytesOfMark: Int { audit == nil ? APIKeyLimits.markBytes : 8 }

    private struct Content: Codable {
        let keys: [APIKeyRecord]
        let audit: AuditMark?

        init(keys: [APIKeyRecord], audit: AuditMark?) { (self.keys, self.audit) = (keys, audit) }

        init(from decoder: any Decoder) throws {
            try MemberNames.check(decoder, known: ["keys", "audit"])
            let container = try decoder.container(keyedBy: CodingKeys.self)
            keys = try container.decode([APIKeyRecord].self, forKey: .keys)
            audit = try container.decodeIfPresent(AuditMark.self, forKey: .audit)
        }
        private enum CodingKeys: String, CodingKey { case keys, audit }
    }
}

/// The reason why a key is refused: for metrics. The caller does not hear of it.
public enum APIKeyRefusal: String, Error, Sendable, CustomStringConvertible {
    case malformed, unknown, expired, revoked

    public var description: String { "the API key is \(rawValue)" }
}

/// The reason why a file of keys cannot be used: the end of a sentence. It never holds a hash.
public struct APIKeyFault: Error, CustomStringConvertible {
    public let description: String

    package init(_ description: String) { self.description = description }
}

/// Bounds on API keys.
public enum APIKeyLimits {
    /// Keys of one file, those that have ended included.
    public static let keys = 10_000
    public static let fileBytes = 8 << 20
    /// More than `,"revokedAt":"2026-01-01T00:00:00.000Z"`.
    static let revocationBytes = 64
    /// More than `,"audit":{"number":…,"hash":"…"}`.
    static let markBytes = 128
    /// Roles of one key.
    public static let roles = 32
}
