public import Kernel
public import Storage

/// A service's database in one SQLite file, durable at each commit.
///
/// Transactions run on a writer of their own, all that wait at a time in one commit; reads run beside them on connections
/// of their own and see what was committed when they begin. Several processes may use the same file.
///
/// A commit that was written and could not be flushed may be found again after a restart: `StorageError` `.outcomeUnknown`.
public final class SQLiteDatabase: WorkerDatabase {
    package let workers: DatabaseWorkers<Connection>
    private let connection: Connection
    private let files: [OpenFile]

    /// Opens the file, or creates it. Throws `StorageError` that says what is wrong with it or with its directory.
    public convenience init(
        path: String, loop: any Loop, limits: ReadLimits = ReadLimits()
    ) throws(StorageError) {
        try self.init(path: path, loop: loop, limits: limits, observer: nil)
        // A database in memory has no file that others could use.
        if path != ":memory:" { workers.hold(try DatabaseUsageLock(path)) }
    }

    /// Opens the file with an observer of its commits, and without a note for others that it is in use.
    package init(
        path: String, loop: any Loop, limits: ReadLimits = ReadLimits(), observer: CommitObserver?
    ) throws(StorageError) {
        let connection = try Connection(path: path, mode: .readWrite)
        connection.observer = observer
        self.connection = connection
        files = connection.files
        workers = DatabaseWorkers(
            named: "sqlite", loop: loop, limits: limits, batchSize: 128, writer: SQLiteWriter(connection: connection)
        ) { [files] kind in
            SQLiteReader(path: path, files: files, cacheSize: kind == .lookup ? 16_000 : 4_000)
        }
    }

    package static func handle(_ scope: TransactionClosureScope<Connection>) -> any Transaction {
        SQLiteTransaction(scope: scope)
    }

    public func migrate(_ migrations: [Migration]) async throws {
        let time = workers.loop.now.description
        try await workers.onWriter { [connection] in
            try Migrator(connection: connection, time: time).run(migrations)
        }
    }

    public func check() async throws {
        try await workers.read(.vital) { [files] scope in
            try files.check()
            let connection = try scope.open()
            try connection.execute("SELECT count(*) FROM sqlite_master")
            try FreeSpace.check(at: connection.path)
        }
    }

    package func collectionNames() async throws -> Set<String> {
        try await workers.onWriter { [connection] in try Migrator.tables(of: connection) }
    }

    package func create(missing collections: [CollectionSchema]) async throws {
        let time = workers.loop.now.description
        try await workers.onWriter { [connection] in
            try Migrator(connection: connection, time: time).create(missing: collections)
        }
    }

    /// Returns what `PRAGMA integrity_check` finds.
    package func integrityFaults() async throws -> [String] {
        try await workers.onWriter { [connection] in
            try connection.statement("PRAGMA integrity_check").rows { $0.text(0) }.filter { $0 != "ok" }
        }
    }

    /// Ends as the process would with `kill -9`: see `DatabaseWorkers.abandon`.
    package func abandon() { workers.abandon() }
}
