import CSQLite
package import Storage

/// A prepared statement. Between calls it is always reset: nothing keeps a lock.
package final class Statement {
    private let handle: OpaquePointer
    private unowned let connection: Connection

    init(_ connection: Connection, _ sql: String) throws(StorageError) {
        var prepared: OpaquePointer?
        let result = sqlite3_prepare_v3(
            connection.handle, sql, -1, CUnsignedInt(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard result == SQLITE_OK, let prepared else { throw connection.error(result) }
        handle = prepared
        self.connection = connection
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Runs it to its end; tells how many rows it changed.
    @discardableResult
    package func run() throws(StorageError) -> Int {
        defer { sqlite3_reset(handle) }
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: continue
            case SQLITE_DONE: return connection.changes
            case let result: throw connection.error(result)
            }
        }
    }

    /// Reads its rows.
    package func rows<Value>(_ read: (borrowing Row) -> Value) throws(StorageError) -> [Value] {
        defer { sqlite3_reset(handle) }
        var values: [Value] = []
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: values.append(read(Row(handle)))
            case SQLITE_DONE: return values
            case let result: throw connection.error(result)
            }
        }
    }

    /// Reads its first row, where there is one.
    package func first<Value>(_ read: (borrowing Row) -> Value) throws(StorageError) -> Value? {
        defer { sqlite3_reset(handle) }
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return read(Row(handle))
        case SQLITE_DONE: return nil
        case let result: throw connection.error(result)
        }
    }

    /// Lets go of bound values.
    package func clear() {
        sqlite3_clear_bindings(handle)
    }
}

/// Tells SQLite to copy the bytes before the call returns.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

extension Statement {
    package func bind(_ index: Int, _ value: Int64) {
        sqlite3_bind_int64(handle, CInt(index), value)
    }

    package func bindNull(_ index: Int) {
        sqlite3_bind_null(handle, CInt(index))
    }

    package func bind(_ index: Int, _ text: String) {
        var text = text
        text.withUTF8 { bind(index, utf8: $0, copying: true) }
    }

    package func bind(_ index: Int, _ text: String?) {
        if let text { bind(index, text) } else { bindNull(index) }
    }

    /// Without `copying`, the bytes must stay where they are until the statement has run and was cleared.
    package func bind(_ index: Int, utf8 bytes: UnsafeBufferPointer<UInt8>, copying: Bool) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else {
            sqlite3_bind_text(handle, CInt(index), "", 0, copied)
            return
        }
        base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
            _ = sqlite3_bind_text(handle, CInt(index), $0, CInt(bytes.count), copying ? copied : nil)
        }
    }

    package func bind(_ index: Int, _ value: FieldValue) {
        switch value {
        case .null: bindNull(index)
        case .integer(let integer): bind(index, integer)
        case .real(let real): sqlite3_bind_double(handle, CInt(index), real)
        case .text(let text): bind(index, text)
        case .boolean(let boolean): bind(index, Int64(boolean ? 1 : 0))
        }
    }
}

/// The row a statement stands on. Columns count from 0.
package struct Row: ~Copyable {
    private let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    package func integer(_ column: Int) -> Int64 { sqlite3_column_int64(handle, CInt(column)) }

    package func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, CInt(column)) == SQLITE_NULL }

    package func text(_ column: Int) -> String {
        withBytes(column) { String(decoding: $0, as: UTF8.self) }
    }

    package func bytes(_ column: Int) -> [UInt8] {
        withBytes(column) { Array($0) }
    }

    /// The bytes are SQLite's and end with the closure.
    package func withBytes<Value>(_ column: Int, _ read: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        let base = sqlite3_column_text(handle, CInt(column))
        return read(UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, CInt(column)))))
    }

    package func value(_ column: Int, _ type: FieldType) -> FieldValue {
        guard !isNull(column) else { return .null }
        return switch type {
        case .integer: .integer(integer(column))
        case .real: .real(sqlite3_column_double(handle, CInt(column)))
        case .text: .text(text(column))
        case .boolean: .boolean(integer(column) != 0)
        }
    }
}
