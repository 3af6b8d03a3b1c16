import FoundationEssentials

/// A database server's URL: `scheme://user:password@host:port/database?name=value`.
package struct ServerAddress: Sendable, Hashable {
    package let scheme: String
    package let user: String
    package let password: String
    package let host: String
    package let port: Int
    package let database: String
    package let parameters: [Parameter]

    package struct Parameter: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    /// `nil` where it is not of that form, or of another scheme, or names no database.
    package init?(url: String, schemes: [String], port defaultPort: Int) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, schemes.contains(scheme),
            let host = parts.host, !host.isEmpty, parts.path.count > 1, !parts.path.dropFirst().contains("/"),
            parts.fragment == nil, (1...65535).contains(parts.port ?? defaultPort)
        else { return nil }
        self.scheme = scheme
        self.host = host
        user = parts.user ?? ""
        password = parts.password ?? ""
        port = parts.port ?? defaultPort
        database = String(parts.path.dropFirst())
        parameters = (parts.queryItems ?? []).map { Parameter(name: $0.name, value: $0.value ?? "") }
    }

    /// For people to read.
    package var name: String { "\(scheme)://\(host):\(port)/\(database)" }
}
