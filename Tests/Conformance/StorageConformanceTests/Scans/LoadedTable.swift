import Kernel
import PlatformTestSupport
import Storage
import StorageLMDB
import StorageMariaDB
import StorageMongoDB
import StoragePostgreSQL
import StorageSQLite
import Synchronization

/// A table of many rows whose lists take long, on an engine with bounds of the test's own.
enum LoadedTable {
    static let schema = CollectionSchema(
        name: "loads",
        fields: [
            FieldSchema(name: "weight", type: .integer, isUnique: false, isIndexed: false),
            FieldSchema(name: "day", type: .integer, isUnique: false, isIndexed: true),
        ])
    private static let migrations = [Migration(1, "loads", [.create(schema)])]
    private static let document = Array(#"{"note":"\#(String(repeating: "x", count: 100))"}"#.utf8)

    /// Opens a new database of that engine with so many rows.
    static func open(
        _ engine: StorageEngine, rows: Int, limits: ReadLimits, _ directory: TemporaryDirectory, _ loop: any Loop
    ) async throws -> any Database {
        let database = try make(engine, limits, directory, loop)
        try await database.migrate(migrations)
        for start in stride(from: 0, to: rows, by: 2_000) {
            try await database.transaction { tx in
                for number in start..<min(rows, start + 2_000) {
                    let record = Record(
                        id: id(number), version: 1, document: document,
                        fields: [.integer(Int64(number &* 7_919 % 100_003)), .integer(Int64(number % 50))])
                    try await tx.insert(record, into: schema)
                }
            }
        }
        return database
    }

    static func id(_ number: Int) -> String { "row-\(number)" }

    /// A page that no index answers, far from where the rows begin.
    static let heavy = Query(sort: [Sort("weight", descending: true)], limit: 20, offset: 1_000)

    /// Reads that page again and again, for as long as it may.
    static let endlessScan: @Sendable (any ReadTransaction) async throws -> Void = { tx in
        for _ in 0..<100_000 { _ = try await tx.query(schema, heavy) }
    }

    private static func make(
        _ engine: StorageEngine, _ limits: ReadLimits, _ directory: TemporaryDirectory, _ loop: any Loop
    ) throws -> any Database {
        switch (engine.description, TestServer.postgreSQL.url, TestServer.mariaDB.url, TestServer.mongoDB.url) {
        case ("SQLite", _, _, _): try SQLiteDatabase(path: directory.file("loads.db"), loop: loop, limits: limits)
        case ("PostgreSQL", let url?, _, _):
            try PostgreSQLDatabase(PostgreSQLUnderTest.settings(url, for: directory), loop: loop, limits: limits)
        case ("MariaDB", _, let url?, _):
            try MariaDBDatabase(MariaDBUnderTest.settings(url, for: directory), loop: loop, limits: limits)
        case ("MongoDB", _, _, let url?):
            try MongoDBDatabase(MongoDBUnderTest.settings(url, for: directory), loop: loop, limits: limits)
        default: try LMDBDatabase(folder: directory.file("loads.lmdb"), loop: loop, limits: limits)
        }
    }
}

/// A value that several tasks change.
final class Collected<Value: Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }
}
