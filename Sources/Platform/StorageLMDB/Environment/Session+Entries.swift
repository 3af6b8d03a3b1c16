import CLMDB
import Storage

/// Bytes that are LMDB's: valid until the next write, or the transaction's end.
typealias Bytes = UnsafeRawBufferPointer

extension Session {
    /// The (first) value of that key.
    func get(_ key: [UInt8], in table: MDB_dbi) throws(StorageError) -> Bytes? {
        var value = MDB_val()
        let code = withValue(key) { mdb_get(transaction, table, &$0, &value) }
        return try found(code) ? Bytes(value) : nil
    }

    /// The same for a key that lies elsewhere.
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

    /// Moves; `nil` where there is nothing.
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
