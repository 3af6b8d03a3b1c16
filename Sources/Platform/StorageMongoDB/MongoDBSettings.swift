import CMongoDB
public import Storage

/// Which database, and how it is used.
public struct MongoDBSettings: Sendable, Hashable {
    /// The URL that libmongoc connects with: one with the parameters that it knows, `replicaSet` and `tls` among them.
    let url: String
    let database: String
    /// Begins the names of all collections. Services that share a database have one each.
    public let schema: String
    /// Without user and password, for people to read.
    public let name: String
    /// How long another program's transaction is waited for before writes are refused.
    public var lockTimeout = Duration.seconds(10)
    /// How long an answer is waited for: `socketTimeoutMS` of the URL, or 20 seconds.
    let answerTimeout: Duration

    /// From `mongodb://user:password@host:port/database` (or `mongodb+srv://`). Parameters of the URL are libmongoc's,
    /// and `schema`. Throws if it is not of that form, or has a parameter that nobody knows.
    public init(url: String, defaultSchema: String) throws(DatabaseURLError) {
        var parts = try DatabaseURL(url, schemes: ["mongodb", "mongodb+srv"])
        schema = try parts.takeSchema(default: defaultSchema, without: "$")
        // The library ignores what it does not know.
        try parts.check(knownTo: "MongoDB") { URLOptions.names.contains($0.lowercased()) }
        try Self.checkDurability(parts)
        self.url = parts.text
        Library.prepare()
        guard let uri = mongoc_uri_new_with_error(self.url, nil) else { throw parts.unreadable }
        defer { mongoc_uri_destroy(uri) }
        guard let database = mongoc_uri_get_database(uri) else { throw parts.unreadable }
        if !mongoc_uri_get_tls(uri), let name = parts.parameters.map(\.name).first(where: URLOptions.belongsToTLS) {
            throw DatabaseURLError("has '\(name)' with tls=false: nothing would be encrypted")
        }
        self.database = String(cString: database)
        // Zero is no limit, to the library and to the server.
        let milliseconds = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, 20_000)
        answerTimeout = .milliseconds(max(0, milliseconds))
        // By bytes: a mark that combines with the "@" would show the password.
        let authority = self.url.utf8.split(separator: UInt8(ascii: "/")).dropFirst().first
        let hosts = authority?.split(separator: UInt8(ascii: "@")).last.map { String(Substring($0)) } ?? ""
        name = "mongodb://\(hosts)/\(self.database)?schema=\(schema)"
    }

    /// Commits wait for a majority of the servers and their journals, and reads see nothing else: a URL that asks for
    /// less is a mistake.
    private static func checkDurability(_ parts: DatabaseURL) throws(DatabaseURLError) {
        let needed = ["w": "majority", "journal": "true", "readconcernlevel": "majority", "readpreference": "primary"]
        for parameter in parts.parameters {
            guard let value = needed[parameter.name.lowercased()], parameter.value.lowercased() != value else {
                continue
            }
            throw DatabaseURLError(
                "has '\(parameter.name)=\(parameter.value)': what was confirmed could be lost, or be read before it is "
                    + "kept. Leave it out, or set it to \(value)")
        }
    }
}

/// Parameters of a URL beside user, servers and database. Case does not matter.
enum URLOptions {
    static let names: Set<String> = Set(
        [
            MONGOC_URI_APPNAME, MONGOC_URI_AUTHMECHANISM, MONGOC_URI_AUTHMECHANISMPROPERTIES, MONGOC_URI_AUTHSOURCE,
            MONGOC_URI_CANONICALIZEHOSTNAME, MONGOC_URI_COMPRESSORS, MONGOC_URI_CONNECTTIMEOUTMS,
            MONGOC_URI_DIRECTCONNECTION, MONGOC_URI_GSSAPISERVICENAME, MONGOC_URI_HEARTBEATFREQUENCYMS,
            MONGOC_URI_JOURNAL, MONGOC_URI_LOADBALANCED, MONGOC_URI_LOCALTHRESHOLDMS, MONGOC_URI_MAXIDLETIMEMS,
            MONGOC_URI_MAXPOOLSIZE, MONGOC_URI_MAXSTALENESSSECONDS, MONGOC_URI_MINPOOLSIZE,
            MONGOC_URI_READCONCERNLEVEL, MONGOC_URI_READPREFERENCE, MONGOC_URI_READPREFERENCETAGS,
            MONGOC_URI_REPLICASET, MONGOC_URI_RETRYREADS, MONGOC_URI_RETRYWRITES,
            MONGOC_URI_SERVERSELECTIONTIMEOUTMS, MONGOC_URI_SERVERSELECTIONTRYONCE,
            MONGOC_URI_SOCKETCHECKINTERVALMS, MONGOC_URI_SOCKETTIMEOUTMS, MONGOC_URI_SRVMAXHOSTS,
            MONGOC_URI_SRVSERVICENAME, MONGOC_URI_W, MONGOC_URI_WAITQUEUEMULTIPLE, MONGOC_URI_WAITQUEUETIMEOUTMS,
            MONGOC_URI_WTIMEOUTMS, MONGOC_URI_ZLIBCOMPRESSIONLEVEL,
        ] + encryption
    )

    /// Beside `tls` itself.
    static func belongsToTLS(_ name: String) -> Bool {
        encryption.contains(name.lowercased()) && ![MONGOC_URI_TLS, MONGOC_URI_SSL].contains(name.lowercased())
    }

    private static let encryption = [
        MONGOC_URI_TLS, MONGOC_URI_TLSCERTIFICATEKEYFILE, MONGOC_URI_TLSCERTIFICATEKEYFILEPASSWORD,
        MONGOC_URI_TLSCAFILE, MONGOC_URI_TLSALLOWINVALIDCERTIFICATES, MONGOC_URI_TLSALLOWINVALIDHOSTNAMES,
        MONGOC_URI_TLSINSECURE, MONGOC_URI_TLSDISABLECERTIFICATEREVOCATIONCHECK,
        MONGOC_URI_TLSDISABLEOCSPENDPOINTCHECK, MONGOC_URI_SSL, MONGOC_URI_SSLCLIENTCERTIFICATEKEYFILE,
        MONGOC_URI_SSLCLIENTCERTIFICATEKEYPASSWORD, MONGOC_URI_SSLCERTIFICATEAUTHORITYFILE,
        MONGOC_URI_SSLALLOWINVALIDCERTIFICATES, MONGOC_URI_SSLALLOWINVALIDHOSTNAMES,
    ]
}
