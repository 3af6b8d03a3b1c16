public import Kernel
import Runtime
public import Storage
import StorageSQLClient

/// A service's database on a MariaDB server: its tables carry its name.
///
/// Everything that a transaction reads is locked until the transaction ends, so that it still holds at the commit. If
/// the server ends a transaction because of a deadlock, the transaction closure runs again. Connections are driven by
/// the loop; transaction closures run where their caller runs. A transaction whose connection is lost while it commits
/// may have been stored after all: repeat it with the same identifiers.
public final class MariaDBDatabase: ClaimableDatabase {
    private let settings: MariaDBSettings
    private let server: ServerDatabase<MariaDBConnector>
    private let texts: CollectionTexts

    /// Connects when it is first used. Throws `StorageError` if the loop has no sockets, as under simulation.
    public init(
        _ settings: MariaDBSettings, loop: any Loop, limits: ReadLimits = ReadLimits()
    ) throws(StorageError) {
        self.settings = settings
        texts = CollectionTexts { CollectionSQL($0, .mariaDB, table: settings.tables.table($0.name)) }
        let pool = PoolSettings(
            name: settings.name, connections: settings.connections, connectTimeout: settings.connectTimeout,
            statementTimeout: settings.statementTimeout, reads: limits)
        server = try ServerDatabase(pool, MariaDBConnector(settings: settings), loop: loop)
    }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        try await server.run("START TRANSACTION") { [settings, texts] in
            try await body(MariaDBTransaction(session: $0, tables: settings.tables, texts: texts, isReading: false))
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
        let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
        return try await server.read(kind, begin) { [settings, texts] session, limit in
            try await body(
                MariaDBTransaction(
                    session: session, tables: settings.tables, texts: texts, isReading: true, timeLimit: limit))
        }
    }

    public func endScans() { server.endScans() }

    public func migrate(_ migrations: [Migration]) async throws {
        let time = server.loop.now.description
        try await server.run(nil, isPatient: true) { [settings] session in
            try await Migrator(session: session, tables: settings.tables, time: time).run(migrations)
        }
    }

    public func check() async throws {
        try await server.read(.vital, nil) { session, _ in _ = try await session.run("SELECT 1", []) }
    }

    public func close() async { await server.close() }

    package func collectionNames() async throws -> Set<String> {
        try await server.run(nil, isReading: true) { [settings] session in
            try await Migrator.tables(of: settings.tables, session)
        }
    }

    package func create(missing collections: [CollectionSchema]) async throws {
        let time = server.loop.now.description
        let known = try await collectionNames()
        guard !collections.allSatisfy({ known.contains($0.name) }) else { return }
        try await server.run(nil, isPatient: true) { [settings] session in
            try await Migrator(session: session, tables: settings.tables, time: time).create(missing: collections)
        }
    }

    package func acquireExclusive() async throws -> Bool {
        try await server.run(nil) { [settings] session in
            let (mine, others) = (settings.useName("'move'"), settings.useName("id"))
            let claimed = try await session.run("SELECT GET_LOCK(\(mine), 0)", [])
            let users = try await session.run(
                "SELECT COUNT(*) FROM information_schema.processlist "
                    + "WHERE id <> CONNECTION_ID() AND IS_USED_LOCK(\(others)) = id", [])
            if claimed.integer(0, 0) == 1, users.integer(0, 0) == 0 { return true }
            _ = try await session.run("SELECT RELEASE_LOCK(\(mine))", [])
            return false
        }
    }

    package func releaseExclusive() async throws {
        try await server.run(nil) { _ = try await $0.run("SELECT RELEASE_ALL_LOCKS()", []) }
    }

    package func useName(_ who: String) -> String { settings.useName(who) }

    package var tables: TableNames { settings.tables }

    /// Runs a statement of one's own: for tests.
    package func execute(_ sql: String) async throws {
        try await server.run(nil) { _ = try await $0.run(sql) }
    }
}
