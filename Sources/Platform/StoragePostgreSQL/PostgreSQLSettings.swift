import CPostgreSQL
import Kernel
public import Storage

/// Which database, and how it is used.
public struct PostgreSQLSettings: Sendable, Hashable {
    /// The URL that libpq connects with: one with the parameters that it knows, TLS among them (`sslmode=verify-full`).
    let url: String
    /// Without user and password, for people to read.
    public let name: String
    /// Where the tables are. Services that share a database have a schema each.
    public var schema: String
    /// How many connections there are at most.
    public var connections = 8
    /// How long a connection is waited for, new or from the pool.
    public var connectTimeout = Duration.seconds(5)
    /// How long a statement may take, locks included.
    public var statementTimeout = Duration.seconds(10)

    /// From `postgres://user:password@host:port/database`. Parameters of the URL are libpq's, and `schema` and
    /// `connections`. Throws if it is not of that form, or has a parameter that nobody knows.
    public init(url: String, defaultSchema: String) throws(DatabaseURLError) {
        var parts = try DatabaseURL(url, schemes: ["postgres", "postgresql"])
        schema = try parts.takeSchema(default: defaultSchema)
        if let connections = try parts.take("connections", in: 1...1000) { self.connections = connections }
        let known = Self.options(of: "").map { Set($0.map(\.name)) } ?? []
        try parts.check(knownTo: "PostgreSQL") { known.contains($0) || $0 == "ssl" }
        self.url = parts.text
        guard let options = Self.options(of: self.url) else { throw parts.unreadable }
        var values: [String: String] = [:]
        for option in options { values[option.name] = option.value }
        // One for each host, or one for all.
        let ports = values["port"]?.split(separator: ",").map { Int($0) ?? 0 } ?? []
        guard let database = values["dbname"] ?? values["user"], ports.allSatisfy((1...65535).contains) else {
            throw parts.unreadable
        }
        try Self.checkTLS(values)
        let host = values["host"] ?? values["hostaddr"] ?? "localhost"
        name = "postgres://\(host)\(values["port"].map { ":" + $0 } ?? "")/\(database)?schema=\(schema)"
    }

    /// Under which every connection says to the server that the schema is in use; an expression.
    var useKey: String {
        let hex = hexadecimal(Array(schema.utf8))
        return "hashtextextended('sambal use \(hex)', 0)"
    }

    /// All that libpq knows, with what the text says; `nil` if it cannot be read. Its own words would quote it.
    private static func options(of text: String) -> [(name: String, value: String?)]? {
        guard let list = PQconninfoParse(text, nil) else { return nil }
        defer { PQconninfoFree(list) }
        var options: [(name: String, value: String?)] = []
        var option = list
        while let keyword = option.pointee.keyword {
            options.append((String(cString: keyword), option.pointee.val.map { String(cString: $0) }))
            option += 1
        }
        return options
    }

    /// libpq's own default is TLS where the server offers it, which verifies nothing: whoever names authorities means
    /// more.
    private static func checkTLS(_ values: [String: String]) throws(DatabaseURLError) {
        let mode = values["sslmode"]
        let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
        if let mode, !modes.contains(mode) {
            throw DatabaseURLError("has 'sslmode', which must be one of \(modes.joined(separator: ", "))")
        }
        let isSafe = modes.suffix(3).contains(mode ?? "prefer")
        for name in ["sslrootcert", "sslcrl", "sslcrldir"] where values[name] != nil && !isSafe {
            throw DatabaseURLError("has '\(name)' without sslmode=verify-full: nothing would be verified")
        }
    }
}
