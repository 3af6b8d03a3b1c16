import Cryptography
public import Kernel

/// One operation on a service's data: who did what to which records, with what they were before and after.
///
/// `text` is the canonical form, which is stored byte by byte and hashed; docs/audit.md describes it for other programs.
public struct AuditRecord: Codable, Sendable, Equatable {
    /// The change of one stored record.
    public struct Change: Codable, Sendable, Equatable {
        /// The kind of record, for example `orders`.
        public let collection: String
        public let id: String
        /// The values that were changed, by their paths in the record; none if it was not there before.
        public let before: [String: JSONDocument]?
        /// Their values afterwards; none if the record is not there any more.
        public let after: [String: JSONDocument]?
        /// Whether only SHA-256 digests of the stored documents are told, because the values are too many.
        public let isCut: Bool?
    }
    /// The version of the form.
    public var form = 1
    /// 1, 2, 3 … within the service, without a gap.
    public let number: Int64
    public let service: String
    public let time: Timestamp
    public let operation: String
    /// The caller's subject, with its issuer and roles; `nil` if nobody in particular asked.
    public let who: String?
    public let issuer: String?
    public let roles: [String]
    /// The address of the connection's other end, and that which a proxy before the service says it had its request from.
    public let address: String?
    public let forwarded: String?
    public let request: String?
    public let trace: String?
    public let reason: String?
    /// The identifiers of all that the operation is about.
    public let about: [String]
    public let changes: [Change]
    /// How many more records were changed than `changes` names.
    public let more: Int?
    /// The hash of the record before, or `genesis`.
    public let previous: String

    /// The hash that the first record follows.
    public static let genesis = String(repeating: "0", count: 64)

    /// The canonical form: the bytes that are stored and hashed.
    public var text: [UInt8] { CanonicalJSON.bytes(of: document) }

    /// Returns the hash of a canonical form: SHA-256 in lower-case hexadecimal digits.
    public static func hash(of text: [UInt8]) -> String { hexadecimal(Digest.sha256(text)) }

    private var document: JSONDocument {
        var members: [String: JSONDocument] = [
            "form": .integer(Int64(form)), "number": .integer(number), "service": .text(service),
            "time": .text(time.description), "operation": .text(operation), "roles": .list(roles.map { .text($0) }),
            "about": .list(about.map { .text($0) }), "changes": .list(changes.map(\.document)),
            "previous": .text(previous),
        ]
        for (name, value) in [
            ("who", who), ("issuer", issuer), ("address", address), ("forwarded", forwarded), ("request", request),
            ("trace", trace), ("reason", reason),
        ] {
            members[name] = value.map { .text($0) }
        }
        members["more"] = more.map { .integer(Int64($0)) }
        return .object(members)
    }
}

extension AuditRecord.Change {
    /// The bytes that it takes in the canonical form.
    var size: Int { CanonicalJSON.bytes(of: document).count }

    fileprivate var document: JSONDocument {
        var members: [String: JSONDocument] = ["collection": .text(collection), "id": .text(id)]
        members["before"] = before.map { .object($0) }
        members["after"] = after.map { .object($0) }
        members["isCut"] = isCut.map { .boolean($0) }
        return .object(members)
    }
}
