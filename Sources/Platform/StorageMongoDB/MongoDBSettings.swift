import CMongoDB

/// Which database, and how it is used.
public struct MongoDBSettings: Sendable, Hashable {
    /// What libmongoc connects with: a URL with the parameters that it knows, `replicaSet` and `tls` among them.
    let url: String
    let database: String
    /// Begins the names of all collections. Services that share a database have one each.
    public let schema: String
    /// Without user and password, for people to read.
    public let name: String

    /// From `mongodb://user:password@host:port/database` (or `mongodb+srv://`). Parameters of the URL are libmongoc's, and
    /// `schema`. `nil` where it is not of that form.
    public init?(url: String, defaultSchema: String) {
        guard url.hasPrefix("mongodb://") || url.hasPrefix("mongodb+srv://") else { return nil }
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var schema = defaultSchema
        var kept: [Substring] = []
        for parameter in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            if pair.first == "schema", pair.count == 2 { schema = String(pair[1]) } else { kept.append(parameter) }
        }
        self.url = parts[0] + (kept.isEmpty ? "" : "?" + kept.joined(separator: "&"))
        guard !schema.isEmpty, !schema.contains("$"), let uri = mongoc_uri_new_with_error(self.url, nil) else {
            return nil
        }
        defer { mongoc_uri_destroy(uri) }
        guard let database = mongoc_uri_get_database(uri) else { return nil }
        self.database = String(cString: database)
        self.schema = schema
        let hosts = parts[0].split(separator: "/").dropFirst().first?.split(separator: "@").last ?? ""
        name = "mongodb://\(hosts)/\(self.database)?schema=\(schema)"
    }
}
