import Foundation
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Storage
import StorageLMDB
import StorageMariaDB
import StorageMongoDB
import StoragePostgreSQL

/// An engine on which a service has its database. Servers are those that the environment names.
struct EngineUnderTest: Sendable, CustomStringConvertible {
    let description: String
    /// Servers need threads and real time.
    let loop: LoopKind
    let open: ServicesUnderTest.Opening

    static let sqlite = EngineUnderTest(
        description: "SQLite", loop: .simulated, open: ServicesUnderTest.sqlite)

    static let lmdb = EngineUnderTest(description: "LMDB", loop: .simulated) { _, path, loop in
        try LMDBDatabase(folder: path + ".lmdb", loop: loop)
    }

    static let servers: [EngineUnderTest] = [
        server("PostgreSQL", "TEST_POSTGRES_URL") { url, schema, loop in
            try PostgreSQLDatabase(PostgreSQLSettings(url: url, defaultSchema: schema), loop: loop)
        },
        server("MariaDB", "TEST_MARIADB_URL") { url, schema, loop in
            try MariaDBDatabase(MariaDBSettings(url: url, defaultSchema: schema), loop: loop)
        },
        server("MongoDB", "TEST_MONGODB_URL") { url, schema, loop in
            try MongoDBDatabase(MongoDBSettings(url: url, defaultSchema: schema), loop: loop)
        },
    ].compactMap(\.self)

    private static func server(
        _ name: String, _ variable: String,
        _ open: @escaping @Sendable (_ url: String, _ schema: String, _ loop: any Loop) throws -> any Database
    ) -> EngineUnderTest? {
        guard let url = ProcessInfo.processInfo.environment[variable], !url.isEmpty else { return nil }
        return EngineUnderTest(description: name, loop: .threads) { service, path, loop in
            // Each shop has a schema of its own, which goes with the server.
            let folder = path.split(separator: "/").dropLast().last ?? "test"
            return try open(url, service + folder.suffix(10).lowercased().filter(\.isASCIILetterOrDigit), loop)
        }
    }
}

extension Character {
    fileprivate var isASCIILetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
