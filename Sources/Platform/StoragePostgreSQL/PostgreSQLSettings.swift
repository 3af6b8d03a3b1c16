import CPostgreSQL

/// Which database, and how it is used.
public struct PostgreSQLSettings: Sendable, Hashable {
    /// What libpq connects with: a URL with the parameters that it knows, TLS among them (`sslmode=verify-full`).
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
    /// `connections`. `nil` where it is not of that form, or has a parameter that nobody knows.
    public init?(url: String, defaultSchema: String) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else { return nil }
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var kept: [Substring] = []
        schema = defaultSchema
        for parameter in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            switch (pair.first, pair.count) {
            case ("schema", 2): schema = String(pair[1])
            case ("connections", 2):
                guard let number = Int(pair[1]), (1...1000).contains(number) else { return nil }
                connections = number
            default: kept.append(parameter)
            }
        }
        self.url = parts[0] + (kept.isEmpty ? "" : "?" + kept.joined(separator: "&"))
        guard !schema.isEmpty, let name = Self.name(of: self.url) else { return nil }
        self.name = name + "?schema=\(schema)"
    }

    private static func name(of url: String) -> String? {
        guard let options = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        guard let database = values["dbname"] ?? values["user"] else { return nil }
        let host = values["host"] ?? values["hostaddr"] ?? "localhost"
        return "postgres://\(host)\(values["port"].map { ":" + $0 } ?? "")/\(database)"
    }
}
