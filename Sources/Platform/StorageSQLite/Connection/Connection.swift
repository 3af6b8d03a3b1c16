import CSQLite
import Glibc
package import Storage
import StorageSQLClient

/// One open SQLite file. Made without SQLite's own lock, so it belongs to one worker: whoever opened it hands it over
/// once, and from then on only that worker's jobs touch it.
/// Only its interruption may come from another thread.
package final class Connection: InterruptibleEngine, @unchecked Sendable {  // used by one worker's jobs only
    package enum Mode: Sendable { case readWrite, read }

    let handle: OpaquePointer
    package let path: String
    /// Set before the connection is handed over, if at all.
    package var observer: CommitObserver?
    private var statements = StatementCache<Statement>()
    private var collections: [String: CollectionStatements] = [:]
    /// The database's file and its write-ahead log, which hold what was stored. None for a database in memory, and for a
    /// connection that only reads.
    package private(set) var files: [OpenFile] = []
    /// Set by another thread to have a query broken off.
    let isInterrupted = InterruptionFlag()

    /// Opens the file, creating it in `.readWrite` mode. Commits are durable when they return: write-ahead log with
    /// `synchronous=FULL`, which flushes the log at each commit.
    /// Throws `StorageError` that says what is wrong with the file or its directory.
    package init(path: String, mode: Mode, cacheSize: Int = 16_000) throws(StorageError) {
        _ = Self.isConfigured
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == .readWrite ? SQLITE_OPEN_CREATE : 0)
        let result = sqlite3_open_v2(path, &opened, flags, nil)
        guard result == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw Self.openError(path, result)
        }
        handle = opened
        self.path = path
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 5000)
        do {
            try configure(mode, cacheSize)
            if mode == .readWrite, path != ":memory:" {
                // The first read opens the log.
                try execute("SELECT count(*) FROM sqlite_master")
                files = [OpenFile(path), OpenFile(path + "-wal")].compactMap(\.self)
            }
        } catch {
            // Before it is closed: afterwards SQLite speaks of its misuse.
            let code = sqlite3_errcode(handle)
            sqlite3_close_v2(handle)
            let isClear = [.internalFailure, .notDurable, .damaged, .full].contains(error.code)
            throw isClear ? error : Self.openError(path, code)
        }
    }

    /// Nobody asks SQLite how much memory it has; counting it takes a lock of the whole process for each allocation.
    private static let isConfigured = sqlite_count_no_memory() == SQLITE_OK

    deinit {
        close()
    }

    /// Ends the connection; nothing may be called afterwards.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        statements.removeAll()
        collections.removeAll()
        sqlite3_close_v2(handle)
    }
    private var isClosed = false

    /// Gives up what it keeps of the file in memory; the system keeps it too.
    package func releaseMemory() { sqlite3_db_release_memory(handle) }

    /// Whether no transaction is open: SQLite ends one by itself when the disk is full or fails.
    package var isAutocommit: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// How many rows the last statement changed.
    package var changes: Int { Int(sqlite3_changes(handle)) }

    /// The number of the row that was inserted last, where the table has numbers.
    package var lastRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Changes when another connection has committed; the same for the length of a transaction, so asked for once.
    func foreignVersion() throws(StorageError) -> Int64? {
        if foreign == nil { foreign = try statement("PRAGMA data_version").first { $0.integer(0) } }
        return foreign
    }
    func forgetForeignVersion() { foreign = nil }
    private var foreign: Int64?

    /// Runs a statement that gives no rows and takes no values.
    package func execute(_ sql: String) throws(StorageError) {
        _ = try statement(sql).run()
    }

    /// The prepared statement of that text, kept for the next time.
    package func statement(_ sql: String) throws(StorageError) -> Statement {
        if let kept = statements.find(sql) { return kept }
        let made = try Statement(self, sql)
        _ = statements.insert(made, for: sql)
        return made
    }

    /// The prepared statements of a collection.
    func statements(for schema: CollectionSchema) throws(StorageError) -> CollectionStatements {
        if let kept = collections[schema.name], kept.schema == schema { return kept }
        let made = CollectionStatements(schema, self)
        collections[schema.name] = made
        return made
    }

    /// Two that create one file at the same time get in each other's way here, and SQLite does not wait by itself.
    private func switchToWriteAheadLog() throws(StorageError) {
        for _ in 0..<100 {
            do throws(StorageError) {
                return try execute("PRAGMA journal_mode = WAL")
            } catch {
                guard error.isRetriable, sqlite3_errcode(handle) == SQLITE_BUSY else { throw error }
                usleep(20_000)
            }
        }
        try execute("PRAGMA journal_mode = WAL")
    }

    /// SQLite keeps another mode, without an error, where the file system has no shared memory.
    private func checkDurability() throws(StorageError) {
        let mode = try statement("PRAGMA journal_mode").first { $0.text(0) } ?? ""
        let level = try statement("PRAGMA synchronous").first { $0.integer(0) } ?? 0
        guard path == ":memory:" || mode == "wal", level >= 2 else {
            throw StorageError(
                .notDurable,
                "\(path): the journal mode is '\(mode)' and synchronous is \(level), where a write-ahead log that is "
                    + "flushed at each commit is needed. Put the file on a local file system. See "
                    + "docs/runbook.md#database-not-durable")
        }
    }

    private func configure(_ mode: Mode, _ cacheSize: Int) throws(StorageError) {
        // Pages a savepoint has to restore stay in memory: they need no durability.
        try execute("PRAGMA temp_store = MEMORY")
        try execute("PRAGMA mmap_size = 0")
        try execute("PRAGMA foreign_keys = ON")
        try execute("PRAGMA cache_size = -\(cacheSize)")
        guard mode == .readWrite else {
            watchInterruption()
            return try execute("PRAGMA query_only = ON")
        }
        // Before the write-ahead log, which writes the file's first page. A file that has one would be written to.
        if try statement("PRAGMA page_count").first({ $0.integer(0) }) == 0 {
            try execute("PRAGMA auto_vacuum = INCREMENTAL")
        }
        try switchToWriteAheadLog()
        try execute("PRAGMA synchronous = FULL")
        try checkDurability()
        // A longer log between checkpoints writes a page that changes often to the main file less often.
        try execute("PRAGMA wal_autocheckpoint = 4000")
        try execute("PRAGMA journal_size_limit = 67108864")
    }
}

extension Connection {
    /// Begins to write. Other processes hold the lock for one commit at a time and are waited out; SQLite's own waiting
    /// ends after five seconds.
    package func beginWrite() throws(StorageError) {
        try files.check()
        forgetForeignVersion()
        for _ in 0..<5 {
            do throws(StorageError) {
                return try execute("BEGIN IMMEDIATE")
            } catch {
                guard error.isRetriable else { throw error }
            }
        }
        try execute("BEGIN IMMEDIATE")
    }

    /// Ends what `beginWrite` began; durable when it returns.
    package func commit() throws {
        try observer?.willCommit()
        do throws(StorageError) {
            try execute("COMMIT")
        } catch {
            throw commitFailure(error)
        }
        try observer?.didCommit()
    }

    /// Cuts some free pages off the end of the file, if there are many. A file that was created without `auto_vacuum` has
    /// no record of which page belongs where, and keeps its length.
    func releaseSpace() throws(StorageError) {
        let free = try statement("PRAGMA freelist_count").first { $0.integer(0) } ?? 0
        guard free >= Self.keptFreePages + Self.pagesReleasedAtOnce else { return }
        // SQLite searches the list of free pages for each one, while nobody else can write: the longer, the fewer at once.
        let slice = min(Self.pagesReleasedAtOnce, max(8, Self.pagesReleasedAtOnce * Self.shortList / free))
        try execute("PRAGMA incremental_vacuum(\(slice))")
    }
    /// Free pages among which as many as are released at once are found within about 20 ms.
    private static let shortList: Int64 = 50_000
    /// Free pages for what is stored next: a megabyte.
    private static let keptFreePages: Int64 = 256
    /// More than a slice of deleted records leaves, so that the file shrinks while records are deleted.
    private static let pagesReleasedAtOnce: Int64 = 256

    /// Undoes what was begun, where SQLite has not done so by itself.
    package func rollBack() {
        guard !isAutocommit else { return }
        try? execute("ROLLBACK")
    }
}

/// Is called around each commit of a connection, so that tests can stop the world there.
package struct CommitObserver: Sendable {
    /// Called once the transaction closures have run and nothing is durable. An error that it throws fails the commit.
    package let willCommit: @Sendable () throws -> Void
    /// Called once all is durable and no caller knows it. An error that it throws is told instead of the success.
    package let didCommit: @Sendable () throws -> Void

    package init(
        willCommit: @escaping @Sendable () throws -> Void, didCommit: @escaping @Sendable () throws -> Void
    ) {
        self.willCommit = willCommit
        self.didCommit = didCommit
    }
}
