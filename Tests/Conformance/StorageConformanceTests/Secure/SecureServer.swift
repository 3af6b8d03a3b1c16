import Foundation
import PlatformTestSupport
import Storage
import StorageMariaDB
import StoragePostgreSQL
import Testing

/// A server that takes nobody without TLS and a password, while the tests of a suite run.
struct SecureServer: Sendable {
    let kind: FarServer
    let server: ServerUnderTest
    /// As `scripts/servers` gives it: the server is verified, its name is localhost.
    let url: String

    @TaskLocal fileprivate static var running: [String: SecureServer] = [:]

    static func running(_ kind: FarServer) throws -> SecureServer { try #require(running[kind.scheme]) }

    /// The password as it is in the URL, and as it is.
    var passwords: [String] {
        get throws {
            let parts = try #require(URLComponents(string: url))
            return [try #require(parts.percentEncodedPassword), try #require(parts.password)]
        }
    }

    /// With another authority than the one that signed the server's certificate.
    var urlOfStrangers: String { url.replacing("authority.pem", with: "stranger.pem") }
    /// By a name that its certificate does not have.
    var urlByAddress: String { url.replacing("@localhost:", with: "@127.0.0.1:") }
    /// The same, where only the encryption is asked for.
    var urlUnverified: String { place(urlByAddress) + kind.tls.encrypted }
    var urlWithoutTLS: String { place(url) + kind.tls.none }
    /// As somebody who has no password, but a certificate.
    var urlWithCertificate: String {
        urlWithoutCertificate + kind.tls.client(server.certificate("client.pem"), server.certificate("client.key"))
    }
    /// As the same, who does not show it.
    var urlWithoutCertificate: String {
        guard let start = url.range(of: "://"), let end = url.range(of: "@") else { return url }
        let user = kind.scheme == "mongodb" ? "CN%3Dcertified" : "certified"
        return url[..<start.upperBound] + user + url[end.lowerBound...]
    }

    private func place(_ url: String) -> String { url.prefix { $0 != "?" } + "?" }
}

/// How an engine's URL asks for TLS.
struct TLSParameters: Sendable {
    let verified: @Sendable (_ authority: String) -> String
    let encrypted: String
    let none: String
    let client: @Sendable (_ certificate: String, _ key: String) -> String

    static let postgreSQL = TLSParameters(
        verified: { "sslmode=verify-full&sslrootcert=\($0)" }, encrypted: "sslmode=require", none: "sslmode=disable",
        client: { "&sslcert=\($0)&sslkey=\($1)" })
    static let mariaDB = TLSParameters(
        verified: { "tls=verify&ca=\($0)" }, encrypted: "tls=require", none: "tls=off",
        client: { "&cert=\($0)&key=\($1)" })
    static let mongoDB = TLSParameters(
        verified: { "tls=true&tlsCAFile=\($0)" }, encrypted: "replicaSet=rs0&tls=true&tlsAllowInvalidCertificates=true",
        none: "replicaSet=rs0",
        client: { certificate, _ in
            // Key and certificate in one file.
            "&tlsCertificateKeyFile=\(certificate.replacing(".pem", with: ".both"))"
                + "&authMechanism=MONGODB-X509&authSource=$external"
        })
}

/// Starts one server of each kind for all tests of the suite.
struct SecureServers: SuiteTrait, TestScoping {
    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await start(FarServer.all[...], [:], function)
    }

    private func start(
        _ rest: ArraySlice<FarServer>, _ running: [String: SecureServer],
        _ function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        guard let kind = rest.first else {
            return try await SecureServer.$running.withValue(running) { try await function() }
        }
        let server = ServerUnderTest(kind.scheme, isSecure: true)
        try await server.run { url in
            let started = SecureServer(kind: kind, server: server, url: url)
            try await start(rest.dropFirst(), running.merging([kind.scheme: started]) { $1 }, function)
        }
    }
}

extension Trait where Self == SecureServers {
    static var secureServers: SecureServers { SecureServers() }
}

/// Throws where the server says that this connection is not encrypted. MongoDB does not tell.
func requireEncryption(of database: any Database) async throws {
    if let database = database as? PostgreSQLDatabase {
        try await database.execute(
            "SELECT 1 / (SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl AND cipher <> '')")
    } else if let database = database as? MariaDBDatabase {
        try await database.execute(
            """
            BEGIN NOT ATOMIC IF (SELECT variable_value FROM information_schema.session_status \
            WHERE variable_name = 'Ssl_cipher') = '' THEN SIGNAL SQLSTATE '45000'; END IF; END
            """)
    }
}
