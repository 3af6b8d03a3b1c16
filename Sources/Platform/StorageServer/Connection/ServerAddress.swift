import FoundationEssentials
package import Storage

/// What a database server's URL says: `scheme://user:password@host:port/database`.
package struct ServerAddress: Sendable, Hashable {
    package let scheme: String
    package let user: String
    package let password: String
    package let host: String
    package let port: Int
    package let database: String

    /// Throws where it is not of that form, or names no database.
    package init(_ url: DatabaseURL, port defaultPort: Int) throws(DatabaseURLError) {
        guard let parts = URLComponents(string: url.text), let scheme = parts.scheme,
            let host = parts.host, !host.isEmpty, parts.path.count > 1, !parts.path.dropFirst().contains("/"),
            parts.fragment == nil, (1...65535).contains(parts.port ?? defaultPort)
        else { throw url.unreadable }
        self.scheme = scheme
        self.host = host
        user = parts.user ?? ""
        password = parts.password ?? ""
        port = parts.port ?? defaultPort
        database = String(parts.path.dropFirst())
    }

    /// For people to read.
    package var name: String { "\(scheme)://\(host):\(port)/\(database)" }
}
