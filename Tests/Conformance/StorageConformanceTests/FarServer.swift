import Foundation
import Kernel
import PlatformTestSupport
import Storage
import StorageMariaDB
import StorageMongoDB
import StoragePostgreSQL
import Testing

/// A server that the environment names, behind a proxy.
struct FarServer: Sendable, CustomStringConvertible {
    let server: TestServer
    /// As `scripts/servers` names it, too.
    let scheme: String
    let tls: TLSParameters
    let open: @Sendable (_ url: String, TemporaryDirectory, any Loop) throws -> any Database

    var description: String { server.name }
    /// Where nobody listens.
    var nowhere: String { "\(scheme)://user:secret@127.0.0.1:1/none" }
    static let connections = 3

    static let kinds = [postgreSQL, mariaDB, mongoDB]
    static let all = kinds.filter { $0.server.url != nil }
    /// Those that have a connection for each transaction.
    static let pooled = all.filter(\.isPooled)
    var isPooled: Bool { scheme != "mongodb" }

    private static let postgreSQL = FarServer(server: .postgreSQL, scheme: "postgres", tls: .postgreSQL) {
        url, directory, loop in
        var settings = try PostgreSQLUnderTest.settings(url, for: directory)
        if !url.contains("connections=") { settings.connections = connections }
        (settings.connectTimeout, settings.statementTimeout) = (.seconds(2), .seconds(2))
        return try PostgreSQLDatabase(settings, loop: loop)
    }

    private static let mariaDB = FarServer(server: .mariaDB, scheme: "mariadb", tls: .mariaDB) { url, directory, loop in
        var settings = try MariaDBUnderTest.settings(url, for: directory)
        if !url.contains("connections=") { settings.connections = connections }
        (settings.connectTimeout, settings.statementTimeout) = (.seconds(2), .seconds(2))
        return try MariaDBDatabase(settings, loop: loop)
    }

    private static let mongoDB = FarServer(server: .mongoDB, scheme: "mongodb", tls: .mongoDB) { url, directory, loop in
        // The proxy's address, not the one by which the servers know each other.
        let own = url.replacing(
            "replicaSet=rs0", with: "directConnection=true&connectTimeoutMS=2000&socketTimeoutMS=2000")
        var settings = try MongoDBUnderTest.settings(own, for: directory)
        settings.lockTimeout = .seconds(4)
        return try MongoDBDatabase(settings, loop: loop)
    }

    /// `parameters` are further ones of the URL.
    func run(_ parameters: String..., body: @escaping @Sendable (FarStage) async throws -> Void) async throws {
        let url = try #require(server.url)
        let parts = try #require(URLComponents(string: url))
        let port = try #require(parts.port)
        let proxy = try TCPProxy(to: port)
        defer { proxy.close() }
        var far = url.replacing(":\(port)", with: ":\(proxy.port)")
        for parameter in parameters { far += (far.contains("?") ? "&" : "?") + parameter }
        try await LoopKind.threads.run { [open, far] loop in
            let directory = TemporaryDirectory()
            let database = try open(far, directory, loop)
            try await database.migrate(Gadget.migrations)
            try await Repository<Gadget>(database).insert(Gadget("sum"))
            try await body(
                FarStage(database: database, proxy: proxy, loop: loop) { try open(far, directory, loop) })
            await database.close()
        }
    }
}

struct FarStage: Sendable {
    let database: any Database
    let proxy: TCPProxy
    let loop: any Loop
    /// The same database once more, as another program has it.
    let openAgain: @Sendable () throws -> any Database

    var gadgets: Repository<Gadget> { Repository(database) }

    /// Adds one to the sum for that id, and asks again while the database does not answer: as a caller with a key does.
    func addOnce(_ id: String) async throws {
        let gadgets = gadgets
        for _ in 0..<200 {
            do {
                return try await database.transaction { tx in
                    guard try await gadgets.insertIfAbsent(Gadget(id), in: tx) else { return }
                    var sum = try #require(try await gadgets.find("sum", in: tx))
                    sum.size += 1
                    try await gadgets.update(sum, in: tx)
                }
            } catch let error as StorageError where [.unavailable, .outcomeUnknown].contains(error.code) {
                try await loop.sleep(for: .milliseconds(20))
            }
        }
        throw Refused()
    }
}
