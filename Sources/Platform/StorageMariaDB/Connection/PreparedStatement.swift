import CMariaDB
import StorageSQLClient

/// A statement that the server knows. It may outlive its connection: then only its memory is left to be freed.
final class PreparedStatement {
    let handle: UnsafeMutablePointer<MYSQL_STMT>

    init?(_ connection: UnsafeMutablePointer<MYSQL>) {
        guard let handle = mysql_stmt_init(connection) else { return nil }
        self.handle = handle
        var yes: my_bool = 1
        mysql_stmt_attr_set(handle, STMT_ATTR_UPDATE_MAX_LENGTH, &yes)
    }

    /// Tells the server, which does not answer.
    deinit { mysql_stmt_close(handle) }

    var error: ServerError {
        ServerError(code: mysql_stmt_errno(handle), message: String(cString: mysql_stmt_error(handle)))
    }

    /// The values must stay until it was executed.
    func bind(_ values: StatementValues) -> Bool { mysql_stmt_bind_param(handle, values.binds) == 0 }

    /// The rows, which are here already; `nil` if they cannot be read.
    func rows() -> Rows? {
        guard let metadata = mysql_stmt_result_metadata(handle) else { return nil }
        defer {
            mysql_free_result(metadata)
            mysql_stmt_free_result(handle)
        }
        let row = RowBuffer(metadata)
        guard mysql_stmt_bind_result(handle, row.binds) == 0 else { return nil }
        var rows: [[SQLValue]] = []
        while true {
            switch mysql_stmt_fetch(handle) {
            case 0: rows.append(row.values)
            case MYSQL_NO_DATA: return Rows(rows)
            default: return nil
            }
        }
    }
}

/// A statement's values where the library finds them.
final class StatementValues {
    let binds: UnsafeMutablePointer<MYSQL_BIND>
    private let count: Int
    private var buffers: [UnsafeMutableRawPointer] = []

    init(_ values: [SQLValue]) {
        count = values.count
        binds = .allocate(capacity: max(1, count))
        binds.initialize(repeating: MYSQL_BIND(), count: max(1, count))
        for (index, value) in values.enumerated() { bind(value, at: index) }
    }

    deinit {
        for buffer in buffers { buffer.deallocate() }
        binds.deallocate()
    }

    private func bind(_ value: SQLValue, at index: Int) {
        switch value {
        case .null: binds[index].buffer_type = MYSQL_TYPE_NULL
        case .integer(let integer): withUnsafeBytes(of: integer) { bind($0, MYSQL_TYPE_LONGLONG, at: index) }
        case .boolean(let boolean): bind(.integer(boolean ? 1 : 0), at: index)
        case .real(let real): withUnsafeBytes(of: real) { bind($0, MYSQL_TYPE_DOUBLE, at: index) }
        // As bytes, and so are texts compared.
        case .text(let text): Array(text.utf8).withUnsafeBytes { bind($0, MYSQL_TYPE_BLOB, at: index) }
        case .bytes(let bytes): bytes.withUnsafeBytes { bind($0, MYSQL_TYPE_BLOB, at: index) }
        }
    }

    private func bind(_ bytes: UnsafeRawBufferPointer, _ type: enum_field_types, at index: Int) {
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: max(1, bytes.count), alignment: 8)
        if let start = bytes.baseAddress { buffer.copyMemory(from: start, byteCount: bytes.count) }
        buffers.append(buffer)
        binds[index].buffer_type = type
        binds[index].buffer = buffer
        binds[index].buffer_length = UInt(bytes.count)
        binds[index].length_value = UInt(bytes.count)
    }
}

/// A statement's text where the library finds it.
final class StatementText {
    let start: UnsafeMutablePointer<CChar>
    let count: UInt

    init(_ sql: String) {
        count = UInt(sql.utf8.count)
        start = .allocate(capacity: sql.utf8.count + 1)
        for (index, byte) in sql.utf8.enumerated() { start[index] = CChar(bitPattern: byte) }
        start[sql.utf8.count] = 0
    }

    deinit { start.deallocate() }
}

/// The result of a call that may end later.
final class CallResult<Value> {
    let pointer: UnsafeMutablePointer<Value>

    init(_ value: Value) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: value)
    }

    deinit { pointer.deallocate() }

    var value: Value { pointer.pointee }
}
