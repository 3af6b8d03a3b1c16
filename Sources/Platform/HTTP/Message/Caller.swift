/// The caller of a request, as the gateway found out by an access token or an API key. A request that names none is nobody's:
/// it came by a route that asks nobody, or from a program that acts for itself.
public struct Caller: Sendable, Hashable {
    /// The caller's name with its issuer, which means something together with the issuer only.
    public let subject: String
    public let issuer: String
    public let roles: [String]

    /// The caller that the running task works for; `nil` in jobs, sagas and event handlers, which act for the service itself.
    /// `ServiceClient` passes it on.
    @TaskLocal public static var current: Caller?

    public init(subject: String, issuer: String, roles: [String] = []) {
        self.subject = subject
        self.issuer = issuer
        self.roles = roles
    }

    public func has(role: String) -> Bool { roles.contains(role) }

    /// Runs `work` for a caller, or for the service itself.
    public static func acting<Result>(
        for caller: Caller?, isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Result
    ) async rethrows -> Result {
        // Most requests are nobody's, and are asked for by nobody.
        if caller == nil, current == nil { return try await work() }
        return try await $current.withValue(caller, operation: work)
    }
}

/// The header fields in which the caller goes from one service to another.
extension Caller {
    public enum Field {
        public static let subject = "Sambal-Caller"
        public static let issuer = "Sambal-Caller-Issuer"
        public static let roles = "Sambal-Caller-Roles"
    }

    /// Reads the fields; `nil` if there are none. Throws a 400 `Problem` if they say it twice, in part or malformed: a name that
    /// was lost on the way must not read as nobody.
    public init?(_ headers: Headers) throws(Problem) {
        let subject = try Self.value(of: Field.subject, in: headers)
        let issuer = try Self.value(of: Field.issuer, in: headers)
        let roles = try Self.value(of: Field.roles, in: headers)
        guard let subject else {
            guard issuer == nil, roles == nil else { throw .invalid(Field.subject, "is required beside the others") }
            return nil
        }
        guard let issuer else { throw .invalid(Field.issuer, "is required beside \(Field.subject)") }
        self.init(
            subject: try Self.decoded(subject, Field.subject), issuer: try Self.decoded(issuer, Field.issuer),
            roles: (roles ?? "").split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty })
    }

    /// Writes the fields in place of whatever was there. Roles that the field cannot hold are left out.
    public func write(to headers: inout Headers) {
        headers[Field.subject] = Self.encoded(subject)
        headers[Field.issuer] = Self.encoded(issuer)
        let roles = roles.filter { role in
            !role.isEmpty && role.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }
        }
        headers[Field.roles] = roles.isEmpty ? nil : roles.joined(separator: ", ")
    }

    public static func remove(from headers: inout Headers) {
        for name in [Field.subject, Field.issuer, Field.roles] where headers[name] != nil { headers[name] = nil }
    }

    private static func value(of name: String, in headers: Headers) throws(Problem) -> String? {
        let values = headers.all(name)
        guard values.count < 2 else { throw .invalid(name, "must be sent once") }
        return values.first
    }

    private static func decoded(_ value: String, _ name: String) throws(Problem) -> String {
        guard let text = PercentDecoding.decodeStrictly(value), !text.isEmpty else {
            throw .invalid(name, "must be a percent-encoded name")
        }
        return text
    }

    /// Percent-encodes all but letters, digits and what is common in names: a subject cannot end the field.
    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.append(byte)
            case _ where "-._~@:/|+".utf8.contains(byte): result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
