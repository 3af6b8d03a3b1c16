import Foundation
import Kernel
import PlatformTestSupport
import Storage
import StorageLMDB
import StorageMariaDB
import StorageMongoDB
import StoragePostgreSQL
import StorageSQLite

/// An engine that has to pass the suites of this folder.
struct StorageEngine: Sendable, CustomStringConvertible {
    let description: String
    var loops = LoopKind.allCases
    /// Opens the database of that folder, a second time too: as another process would, or after a close.
    let open: @Sendable (TemporaryDirectory, any Loop) throws -> any Database
    /// Removes what lies outside of the folder.
    var remove: @Sendable (any Database) async throws -> Void = { _ in }

    static let sqlite = StorageEngine(description: "SQLite") { directory, loop in
        try SQLiteDatabase(path: directory.file("test.db"), loop: loop)
    }

    static let lmdb = StorageEngine(description: "LMDB") { directory, loop in
        try LMDBDatabase(folder: directory.file("test.lmdb"), loop: loop)
    }

    /// On the server that the environment names; each test has a schema of its own.
    static let postgreSQL = TestServer.postgreSQL.url.map { url in
        StorageEngine(description: "PostgreSQL", loops: [.threads]) { directory, loop in
            try PostgreSQLDatabase(PostgreSQLUnderTest.settings(url, for: directory), loop: loop)
        } remove: { database in
            guard let database = database as? PostgreSQLDatabase else { return }
            try await database.execute("DROP SCHEMA \"\(database.schema)\" CASCADE")
        }
    }

    /// The same; each test has tables of its own, which go with the server.
    static let mariaDB = TestServer.mariaDB.url.map { url in
        StorageEngine(description: "MariaDB", loops: [.threads]) { directory, loop in
            try MariaDBDatabase(MariaDBUnderTest.settings(url, for: directory), loop: loop)
        }
    }

    static let mongoDB = TestServer.mongoDB.url.map { url in
        StorageEngine(description: "MongoDB", loops: [.threads]) { directory, loop in
            try MongoDBDatabase(MongoDBUnderTest.settings(url, for: directory), loop: loop)
        }
    }

    static let all: [StorageEngine] = {
        let engines = [sqlite, lmdb] + [postgreSQL, mariaDB, mongoDB].compactMap(\.self)
        atexit { StorageEngine.report() }
        return engines
    }()

    /// The last line of a run: which engines it was about.
    private static func report() {
        let missing = TestServer.all.filter { $0.url == nil }.map {
            "; not on \($0.name): \($0.variable) names no server"
        }
        let line = "Storage conformance ran on \(all.map(\.description).joined(separator: ", "))\(missing.joined()).\n"
        FileHandle.standardError.write(Data(line.utf8))
    }
}

/// A server that `make test` starts; it sets the variable to its URL.
struct TestServer: Sendable {
    let name: String
    let variable: String

    static let postgreSQL = TestServer(name: "PostgreSQL", variable: "TEST_POSTGRES_URL")
    static let mariaDB = TestServer(name: "MariaDB", variable: "TEST_MARIADB_URL")
    static let mongoDB = TestServer(name: "MongoDB", variable: "TEST_MONGODB_URL")
    static let all = [postgreSQL, mariaDB, mongoDB]

    var url: String? { ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
}

enum PostgreSQLUnderTest {
    static func settings(_ url: String, for directory: TemporaryDirectory) throws -> PostgreSQLSettings {
        try PostgreSQLSettings(url: url, defaultSchema: directory.name)
    }
}

enum MariaDBUnderTest {
    static func settings(_ url: String, for directory: TemporaryDirectory) throws -> MariaDBSettings {
        try MariaDBSettings(url: url, defaultSchema: String(directory.name.suffix(20)))
    }
}

enum MongoDBUnderTest {
    static func settings(_ url: String, for directory: TemporaryDirectory) throws -> MongoDBSettings {
        try MongoDBSettings(url: url, defaultSchema: directory.name)
    }
}

extension TemporaryDirectory {
    fileprivate var name: String { path.split(separator: "/").last.map(String.init) ?? "test" }
}

/// An engine on a kind of loop.
struct Setting: Sendable, CustomStringConvertible {
    let engine: StorageEngine
    let loop: LoopKind

    var description: String { "\(engine), \(loop)" }

    static let all = StorageEngine.all.flatMap { engine in engine.loops.map { Setting(engine: engine, loop: $0) } }

    /// Runs `body` with a new database that has the table of `Gadget`.
    func run(_ body: @escaping @Sendable (Stage) async throws -> Void) async throws {
        try await loop.run { [engine] loop in
            let directory = TemporaryDirectory()
            let database = try engine.open(directory, loop)
            try await database.migrate(Gadget.migrations)
            try await body(Stage(engine: engine, directory: directory, loop: loop, database: database))
            await database.close()
            let last = try engine.open(directory, loop)
            try await engine.remove(last)
            await last.close()
        }
    }
}

struct Stage: Sendable {
    let engine: StorageEngine
    let directory: TemporaryDirectory
    let loop: any Loop
    let database: any Database

    var gadgets: Repository<Gadget> { Repository(database) }

    func openAgain() throws -> any Database { try engine.open(directory, loop) }
}
