import CLMDB
import Glibc
import Storage
import Synchronization

/// An open LMDB folder. A process must not open one twice: see `EnvironmentRegistry`.
///
/// Commits are durable when they return: LMDB flushes the pages, then its meta page.
final class Environment: @unchecked Sendable {  // an MDB_env may be used by any thread, within `lock`
    let path: String
    let handle: OpaquePointer
    private let schemaTable: MDB_dbi
    private let mark: ProcessMark
    private let file: OpenFile?
    /// Transactions hold it together; what must not meet one (growing the map, opening tables) holds it alone.
    private let lock = SharedLock()
    private let known = Mutex(CollectionRegistry())
    /// How many wait to have the environment alone.
    private let waiting = Atomic(0)

    /// Opens the folder, or makes it. `mapSize` in bytes; the map grows as needed.
    init(path: String, mapSize: Int) throws(StorageError) {
        self.path = path
        try Self.makeFolder(path)
        // Before LMDB notes this process as a reader, or closes what another one has noted.
        mark = try ProcessMark(folder: path)
        try ReaderTable.reserve(in: path)
        handle = try Self.open(path, mapSize: mapSize)
        do throws(StorageError) {
            schemaTable = try Self.openSchema(handle, path)
        } catch {
            mdb_env_close(handle)
            throw error
        }
        file = OpenFile("\(path)/data.mdb")
    }

    /// Throws if the file that is open was removed.
    func checkFile() throws(StorageError) { try file?.check() }

    /// Nothing may be called afterwards.
    func close() {
        mdb_env_close(handle)
        mark.release()
    }

    /// Runs `body` on a view of what is committed now.
    func read<Value>(_ body: (Session) throws -> Value) throws -> Value {
        try withSession(UInt32(MDB_RDONLY)) { session in
            defer { session.abort() }
            return try body(session)
        }
    }

    /// Runs `body` as the only writer; commits when it gives `true`.
    /// Throws `MapHasGrown` where the map was too small for it: nothing was stored.
    func write(_ body: (Session) throws -> Bool) throws {
        try checkFile()
        let fullAt: Int? = try withSession(0) { session in
            try session.end(committing: body)
            return session.isMapFull ? mapSize : nil
        }
        guard let fullAt else { return }
        try alone { if mapSize == fullAt { try check(mdb_env_set_mapsize(handle, fullAt * 2), at: path) } }
        throw MapHasGrown()
    }

    /// Writes with no other transaction beside it, to make tables; begins anew by itself when the map is full.
    func writeAlone(_ body: (Session) throws -> Void) throws {
        try alone {
            var isDone = false
            while !isDone {
                guard let session = try begin(0) else {
                    try adoptMapSize()
                    continue
                }
                try session.end { session in
                    try body(session)
                    return true
                }
                isDone = !session.isMapFull
                if !isDone { try check(mdb_env_set_mapsize(handle, mapSize * 2), at: path) }
            }
            try learn()
        }
    }

    /// Whether long reads should end for a moment.
    var isWanted: Bool { waiting.load(ordering: .relaxed) > 0 }

    private func alone<Value>(_ body: () throws -> Value) rethrows -> Value {
        waiting.add(1, ordering: .relaxed)
        defer { waiting.subtract(1, ordering: .relaxed) }
        return try lock.alone(body)
    }

    private func withSession<Value>(_ flags: UInt32, _ body: (Session) throws -> Value) throws -> Value {
        // It takes another round only when another process has just made the map larger, or migrated.
        for _ in 0..<100 {
            let value: Value? = try lock.withOthers {
                guard let session = try begin(flags) else { return nil }
                guard session.schemaEntries == session.registry.entries else {
                    session.abort()
                    return nil
                }
                return .some(try body(session))
            }
            if let value { return value }
            try alone {
                try adoptMapSize()
                try learn()
            }
        }
        throw StorageError(.unavailable, "\(path): another process changes it all the time")
    }

    /// `nil` if another process has made the map larger.
    private func begin(_ flags: UInt32) throws(StorageError) -> Session? {
        var transaction: OpaquePointer?
        let code = mdb_txn_begin(handle, nil, flags, &transaction)
        if code == MDB_MAP_RESIZED { return nil }
        try check(code, at: path)
        guard let transaction else { throw StorageError(lmdb: MDB_PANIC, at: path) }
        return Session(
            self, handle, transaction: transaction, path: path, schemaTable: schemaTable,
            registry: known.withLock { $0 })
    }

    func adoptMapSize() throws(StorageError) {
        try check(mdb_env_set_mapsize(handle, 0), at: path)
    }

    /// Opens the tables that there are by now.
    private func learn() throws {
        guard let session = try begin(UInt32(MDB_RDONLY)) else { return }
        do {
            let registry = try CollectionRegistry(session)
            // Committed, a transaction leaves the tables that it opened open.
            try session.commit()
            known.withLock { $0 = registry }
        } catch {
            session.abort()
            throw error
        }
    }

    /// The tables of records that this process knows.
    var tablesOfRecords: [MDB_dbi] { known.withLock { $0.collections.values.map(\.records) } }

    private var mapSize: Int {
        var info = MDB_envinfo()
        mdb_env_info(handle, &info)
        return Int(info.me_mapsize)
    }
}

extension Environment {
    /// Named tables are few: collections and their indexes. Each transaction keeps room for so many.
    private static let tableLimit: UInt32 = 256

    static func open(_ path: String, mapSize: Int) throws(StorageError) -> OpaquePointer {
        var made: OpaquePointer?
        guard mdb_env_create(&made) == MDB_SUCCESS, let made else { throw StorageError(lmdb: ENOMEM, at: path) }
        do throws(StorageError) {
            try check(mdb_env_set_maxdbs(made, tableLimit), at: path)
            try check(mdb_env_set_mapsize(made, mapSize), at: path)
            // Without reader slots bound to threads, a reader's and a writer's transaction may share a thread.
            try check(mdb_env_open(made, path, UInt32(MDB_NOTLS), 0o600), at: path)
            // Frees the slots of processes that were killed, whose views would keep old pages.
            try check(mdb_reader_check(made, nil), at: path)
            return made
        } catch {
            mdb_env_close(made)
            throw error
        }
    }

    static func openSchema(_ handle: OpaquePointer, _ path: String) throws(StorageError) -> MDB_dbi {
        var transaction: OpaquePointer?
        try check(mdb_txn_begin(handle, nil, 0, &transaction), at: path)
        var table: MDB_dbi = 0
        let opened = mdb_dbi_open(transaction, CollectionRegistry.tableName, UInt32(MDB_CREATE), &table)
        guard opened == MDB_SUCCESS else {
            mdb_txn_abort(transaction)
            throw StorageError(lmdb: opened, at: path)
        }
        try check(mdb_txn_commit(transaction), at: path)
        return table
    }

    private static func makeFolder(_ path: String) throws(StorageError) {
        guard mkdir(path, 0o700) != 0 else { return }
        let reason: String
        switch errno {
        case EEXIST:
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
            reason = "it is not a folder"
        case ENOENT: reason = "its directory does not exist"
        case let code: reason = String(cString: strerror(code))
        }
        throw StorageError(.unavailable, "cannot open \(path): \(reason)")
    }
}
