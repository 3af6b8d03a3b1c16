public import Kernel
import Runtime
public import Storage
import StorageSQLClient

/// A service's database on a PostgreSQL server: its tables are in a schema of its own.
///
/// Transactions are serializable: if the server cannot fit one into an order, its transaction closure runs again.
/// Connections are driven by the loop; transaction closures run where their caller runs. If a connection is lost while
/// it commits, the server is asked what became of the transaction; if it cannot tell, the outcome is unknown.
public final class PostgreSQLDatabase: ClaimableDatabase {
    private let settings: PostgreSQLSettings
    private let server: ServerDatabase<PostgreSQLConnector>
    private let texts = CollectionTexts { CollectionSQL($0, .postgreSQL) }

    /// Connects when it is first used. Throws `StorageError` where the loop has no sockets, as under simulation.
    public init(
        _ settings: PostgreSQLSettings, loop: any Loop, limits: ReadLimits = ReadLimits()
    ) throws(StorageError) {
        self.settings = settings
        let pool = PoolSettings(
            name: settings.name, connections: settings.connections, connectTimeout: settings.connectTimeout,
            statementTimeout: settings.statementTimeout, reads: limits)
        server = try ServerDatabase(pool, PostgreSQLConnector(settings: settings), loop: loop)
    }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        try await server.run("BEGIN ISOLATION LEVEL SERIALIZABLE") {
            try await body(PostgreSQLTransaction(session: $0, texts: texts, isReading: false))
        }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await read(.lookup, body)
    }

    public func read<Result: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await server.read(kind, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") { session, limit in
            if let limit {
                try await session.post("SET LOCAL statement_timeout = \(Int(limit.seconds * 1000))", [])
            }
            return try await body(PostgreSQLTransaction(session: session, texts: texts, isReading: true))
        }
    }

    public func endScans() { server.endScans() }

    public func migrate(_ migrations: [Migration]) async throws {
        let time = server.loop.now.description
        // Each statement sees what was committed before it: above all, what the one who had the lock before has done.
        try await server.run("BEGIN ISOLATION LEVEL READ COMMITTED", isPatient: true) { [settings] session in
            try await Migrator(session: session, schema: settings.schema, time: time).run(migrations)
        }
    }

    public func check() async throws {
        try await server.read(.vital, "BEGIN READ ONLY") { session, _ in _ = try await session.run("SELECT 1") }
    }

    public func close() async { await server.close() }

    package func collectionNames() async throws -> Set<String> {
        try await server.run("BEGIN READ ONLY", isReading: true) { [settings] session in
            try await Migrator.tables(of: settings.schema, session)
        }
    }

    package func create(missing collections: [CollectionSchema]) async throws {
        let time = server.loop.now.description
        let known = try await collectionNames()
        guard !collections.allSatisfy({ known.contains($0.name) }) else { return }
        try await server.run("BEGIN ISOLATION LEVEL READ COMMITTED", isPatient: true) { [settings] session in
            try await Migrator(session: session, schema: settings.schema, time: time).create(missing: collections)
        }
    }

    package func acquireExclusive() async throws -> Bool {
        try await server.run("BEGIN") { [settings] session in
            // The connection has its own share, which is in nobody's way but others'.
            let rows = try await session.run("SELECT pg_try_advisory_lock(\(settings.useKey))::int::bigint", [])
            return rows.integer(0, 0) == 1
        }
    }

    package func releaseExclusive() async throws {
        try await server.run("BEGIN") { _ = try await $0.run("SELECT pg_advisory_unlock_all()", []) }
    }

    package var schema: String { settings.schema }

    /// Runs a statement of one's own: for tests.
    package func execute(_ sql: String) async throws {
        try await server.run("BEGIN") { _ = try await $0.run(sql) }
    }
}
