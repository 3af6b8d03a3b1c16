import StorageServer

/// Which database, and how it is used.
public struct MariaDBSettings: Sendable, Hashable {
    /// How the way to the server is protected.
    public enum TLS: String, Sendable, Hashable {
        case off
        /// Encrypted, whoever the server is.
        case require
        /// Encrypted, and the server proves its name.
        case verify
    }
    let address: ServerAddress
    let tls: TLS
    /// A file with the certificates that are trusted; the system's where there is none.
    let authorities: String?
    /// Begins the names of all tables. Services that share a database have one each.
    public let schema: String
    /// How many connections there are at most.
    public var connections = 8
    /// How long a connection is waited for, new or from the pool.
    public var connectTimeout = Duration.seconds(5)
    /// How long a statement may take, locks included.
    public var statementTimeout = Duration.seconds(10)

    /// Without user and password, for people to read.
    public var name: String { "\(address.name)?schema=\(schema)" }

    /// From `mariadb://user:password@host:port/database` (or `mysql://`). Parameters of the URL are `schema`,
    /// `connections`, `tls` (`off`, `require`, `verify`) and `ca`, a file. `nil` where it is not of that form, or has a
    /// parameter that nobody knows.
    public init?(url: String, defaultSchema: String) {
        guard let address = ServerAddress(url: url, schemes: ["mariadb", "mysql"], port: 3306) else { return nil }
        var (schema, tls, authorities) = (defaultSchema, TLS.off, String?.none)
        for parameter in address.parameters {
            let value = parameter.value
            switch parameter.name {
            case "schema": schema = value
            case "connections":
                guard let number = Int(value), (1...1000).contains(number) else { return nil }
                connections = number
            case "tls":
                guard let mode = TLS(rawValue: value) else { return nil }
                tls = mode
            case "ca": authorities = value
            default: return nil
            }
        }
        guard !schema.isEmpty, !schema.contains("`") else { return nil }
        self.address = address
        self.schema = schema
        self.tls = tls
        self.authorities = authorities
    }

    var tables: TableNames { TableNames(schema: schema) }
}
