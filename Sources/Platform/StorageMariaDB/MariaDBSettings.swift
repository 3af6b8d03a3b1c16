import Kernel
public import Storage
import StorageSQLClient

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
    /// A file with the certificates that are trusted; the system's if there is none.
    let authorities: String?
    /// Files with the certificate by which the client proves its name, and its key.
    let certificate: String?
    let key: String?
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
    /// `connections`, `tls` (`off`, `require`, `verify`), and files: `ca`, and `cert` and `key` of a client that proves
    /// its name. Throws if it is not of that form, or has a parameter that nobody knows.
    public init(url: String, defaultSchema: String) throws(DatabaseURLError) {
        var parts = try DatabaseURL(url, schemes: ["mariadb", "mysql"])
        schema = try parts.takeSchema(default: defaultSchema, without: "`")
        if let connections = try parts.take("connections", in: 1...1000) { self.connections = connections }
        let mode = parts.take("tls")
        guard let tls = TLS(rawValue: mode ?? "off") else {
            throw DatabaseURLError("has 'tls', which must be one of off, require, verify")
        }
        self.tls = tls
        (authorities, certificate, key) = (parts.take("ca"), parts.take("cert"), parts.take("key"))
        try parts.check(knownTo: "MariaDB") { _ in false }
        if authorities != nil, tls != .verify {
            throw DatabaseURLError("has 'ca' without tls=verify: nothing would be verified")
        }
        if (certificate == nil) != (key == nil) { throw DatabaseURLError("needs both 'cert' and 'key', or neither") }
        if certificate != nil, tls == .off { throw DatabaseURLError("has 'cert' without tls=verify or tls=require") }
        address = try ServerAddress(parts, port: 3306)
    }

    /// The name of a lock by which a connection says to the server that the tables are in use, or a mover that it has
    /// them alone; an expression. `who` is one, too.
    func useName(_ who: String) -> String {
        let hex = hexadecimal(Array(schema.utf8))
        return "CONCAT(SHA1(CONCAT(DATABASE(), '/', x'\(hex)')), ':', \(who))"
    }

    var tables: TableNames { TableNames(schema: schema) }
}

/// The tables of one service: services that share a database do not share tables.
package struct TableNames: Sendable, Hashable {
    /// Begins each name.
    package let schema: String

    package func table(_ collection: String) -> String { "\(schema).\(collection)" }

    /// The server's limit is 64 characters.
    func checked(_ name: String) throws(StorageError) -> String {
        guard name.count <= 64 else {
            throw StorageError(.migration, "the name '\(name)' is longer than 64 characters")
        }
        return name
    }
}
