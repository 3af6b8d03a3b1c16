import CLMDB
import Glibc
import Storage

/// One open LMDB transaction, with those nested in it. Belongs to the thread that began it.
package final class Session {
    let path: String
    let registry: CollectionRegistry
    let schemaTable: MDB_dbi
    /// Set when the map was too small for a write: then all of it has to be run again.
    private(set) var isMapFull = false
    /// Ends the transaction closure that is running, from outside; `nil` if that is not possible.
    var stop: ReadStop?
    private let owner: Environment
    private let environment: OpaquePointer
    /// The outermost first. Empty once it has ended.
    private var transactions: [OpaquePointer]

    init(
        _ owner: Environment, _ environment: OpaquePointer, transaction: OpaquePointer, path: String,
        schemaTable: MDB_dbi, registry: CollectionRegistry
    ) {
        self.owner = owner
        self.environment = environment
        self.path = path
        self.schemaTable = schemaTable
        self.registry = registry
        transactions = [transaction]
    }

    /// The innermost one: where everything is read and written.
    var transaction: OpaquePointer {
        guard let last = transactions.last else { preconditionFailure("the transaction has ended") }
        return last
    }

    /// Throws what LMDB answered, and notes when the map was full.
    func check(_ code: CInt) throws(StorageError) {
        if code == MDB_MAP_FULL { isMapFull = true }
        guard code == MDB_SUCCESS else { throw StorageError(lmdb: code, at: path) }
    }

    /// Throws LMDB's error; returns `false` if there was nothing.
    func found(_ code: CInt) throws(StorageError) -> Bool {
        if code == MDB_NOTFOUND { return false }
        try check(code)
        return true
    }

    /// How many entries the schema has; each migration adds one.
    var schemaEntries: Int { (try? entries(of: schemaTable)) ?? -1 }

    func entries(of table: MDB_dbi) throws(StorageError) -> Int {
        var status = MDB_stat()
        try check(mdb_stat(transaction, table, &status))
        return Int(status.ms_entries)
    }

    /// How many are nested in each other.
    var depth: Int { transactions.count }

    /// Throws if a read that may be long has to end: asked at each row.
    func checkStop() throws {
        guard let stop else { return }
        try stop.check()
        if owner.isWanted { throw MapIsGrowing() }
    }

    // MARK: Its end

    /// Begins a transaction inside the innermost one.
    func nest() throws(StorageError) {
        var inner: OpaquePointer?
        try check(mdb_txn_begin(environment, transaction, 0, &inner))
        guard let inner else { throw StorageError(lmdb: MDB_PANIC, at: path) }
        transactions.append(inner)
    }

    /// Keeps what the innermost one did: for good when it is the outermost, else as the next one's.
    func commit() throws(StorageError) {
        guard let last = transactions.popLast() else { return }
        let number = mdb_txn_id(last)
        let code = mdb_txn_commit(last)
        if code == EIO, transactions.isEmpty, wasCutShort(number) { try FreeSpace.check(at: path) }
        if code != MDB_SUCCESS, transactions.isEmpty, mayBeStored(number, code) {
            throw .lostCommit(at: path, String(cString: mdb_strerror(code)))
        }
        try check(code)
    }

    /// Whether the outermost transaction of that number may be found after a restart although its commit failed.
    /// Without room on the disk, its pages were not written. Otherwise the page that makes them valid may have been.
    private func mayBeStored(_ number: Int, _ code: CInt) -> Bool {
        var info = MDB_envinfo()
        mdb_env_info(environment, &info)
        let isWithoutRoom = [MDB_MAP_FULL, MDB_TXN_FULL, ENOSPC, EDQUOT, ENOMEM].contains(code)
        return !isWithoutRoom || info.me_last_txnid >= number
    }

    /// Whether that commit failed before the page that makes its pages valid was written. On a disk that becomes full LMDB
    /// answers `EIO` to a write that was cut short; after a failure with that last page it begins no more transactions.
    private func wasCutShort(_ number: Int) -> Bool {
        var info = MDB_envinfo()
        mdb_env_info(environment, &info)
        var probe: OpaquePointer?
        guard info.me_last_txnid < number, mdb_txn_begin(environment, nil, 0, &probe) == MDB_SUCCESS, let probe else {
            return false
        }
        mdb_txn_abort(probe)
        return true
    }

    /// Undoes what the innermost one did.
    func abort() {
        guard let last = transactions.popLast() else { return }
        mdb_txn_abort(last)
    }

    /// Runs `body`; then commits when it gives `true`, and aborts when it does not, throws, or finds the map full.
    /// Does not throw in the last case.
    func end(committing body: (Session) throws -> Bool) throws {
        do {
            if try body(self), !isMapFull { try commit() } else { abortAll() }
        } catch {
            abortAll()
            if !isMapFull { throw error }
        }
    }

    private func abortAll() {
        while !transactions.isEmpty { abort() }
    }
}

/// Bytes that are LMDB's: valid until the next write, or the transaction's end.
typealias Bytes = UnsafeRawBufferPointer

extension Session {
    /// The (first) value of that key.
    func get(_ key: [UInt8], in table: MDB_dbi) throws(StorageError) -> Bytes? {
        var value = MDB_val()
        let code = withValue(key) { mdb_get(transaction, table, &$0, &value) }
        return try found(code) ? Bytes(value) : nil
    }

    /// Reads the value of a key that lies elsewhere.
    func get(_ key: Bytes, in table: MDB_dbi) throws(StorageError) -> Bytes? {
        var sought = MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        var value = MDB_val()
        return try found(mdb_get(transaction, table, &sought, &value)) ? Bytes(value) : nil
    }

    /// Writes the value of that key; in a table with several values for a key, one more of them.
    func put(_ value: [UInt8], for key: [UInt8], in table: MDB_dbi) throws(StorageError) {
        try check(withValue(key) { key in withValue(value) { mdb_put(transaction, table, &key, &$0, 0) } })
    }

    /// Removes a key with what it has.
    func delete(_ key: [UInt8], in table: MDB_dbi) throws(StorageError) {
        _ = try found(withValue(key) { mdb_del(transaction, table, &$0, nil) })
    }

    /// Removes one of the values of a key.
    func delete(_ value: [UInt8], for key: [UInt8], in table: MDB_dbi) throws(StorageError) {
        _ = try found(withValue(key) { key in withValue(value) { mdb_del(transaction, table, &key, &$0) } })
    }

    func withCursor<Value>(_ table: MDB_dbi, _ body: (Cursor) throws -> Value) throws -> Value {
        var handle: OpaquePointer?
        try check(mdb_cursor_open(transaction, table, &handle))
        guard let handle else { throw StorageError(lmdb: MDB_PANIC, at: path) }
        defer { mdb_cursor_close(handle) }
        return try body(Cursor(handle: handle, session: self))
    }
}

extension Session {
    /// Counts entry by entry, so that every page is read.
    func countedEntries(of table: MDB_dbi) throws -> Int {
        try withCursor(table) { cursor in
            var count = 0
            var entry = try cursor.move(MDB_FIRST)
            while entry != nil {
                count += 1
                entry = try cursor.move(MDB_NEXT)
            }
            return count
        }
    }
}

/// A place in a table.
struct Cursor {
    fileprivate let handle: OpaquePointer
    fileprivate let session: Session

    typealias Entry = (key: Bytes, value: Bytes)

    /// Moves; `nil` if there is nothing.
    func move(_ step: MDB_cursor_op) throws(StorageError) -> Entry? {
        var (key, value) = (MDB_val(), MDB_val())
        guard try session.found(mdb_cursor_get(handle, &key, &value, step)) else { return nil }
        // Steps among the values of one key leave the key out.
        if key.mv_data == nil { try session.check(mdb_cursor_get(handle, &key, &value, MDB_GET_CURRENT)) }
        return (Bytes(key), Bytes(value))
    }

    /// Moves to the first key that is not below `key`.
    func seek(_ key: [UInt8]) throws(StorageError) -> Entry? {
        var (found, value) = (MDB_val(), MDB_val())
        let code = withValue(key) { sought in
            let code = mdb_cursor_get(handle, &sought, &value, MDB_SET_RANGE)
            found = sought
            return code
        }
        return try session.found(code) ? (Bytes(found), Bytes(value)) : nil
    }

    /// How many values the key here has.
    func valueCount() throws(StorageError) -> Int {
        var count = 0
        try session.check(mdb_cursor_count(handle, &count))
        return count
    }
}

extension UnsafeRawBufferPointer {
    fileprivate init(_ value: MDB_val) {
        self.init(start: value.mv_data, count: value.mv_size)
    }
}

/// LMDB only reads through the pointer.
private func withValue<Result>(_ bytes: [UInt8], _ body: (inout MDB_val) -> Result) -> Result {
    bytes.withUnsafeBytes { bytes in
        var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        return body(&value)
    }
}
