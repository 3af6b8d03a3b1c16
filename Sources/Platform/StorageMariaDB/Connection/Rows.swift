import CMariaDB
import Storage
import StorageSQLClient

/// The result of a statement.
struct Rows: ServerRows {
    private let rows: [[SQLValue]]
    let changes: Int

    init(_ rows: [[SQLValue]]) {
        self.rows = rows
        changes = 0
    }

    /// Makes the result of a statement that writes.
    init(changes: Int) {
        rows = []
        self.changes = changes
    }

    var count: Int { rows.count }

    func integer(_ row: Int, _ column: Int) -> Int64 {
        if case .integer(let integer) = rows[row][column] { integer } else { 0 }
    }

    func text(_ row: Int, _ column: Int) -> String { String(decoding: document(row, column), as: UTF8.self) }

    func document(_ row: Int, _ column: Int) -> [UInt8] {
        if case .bytes(let bytes) = rows[row][column] { bytes } else { [] }
    }

    func value(_ row: Int, _ column: Int, _ type: FieldType) -> FieldValue {
        switch rows[row][column] {
        case .integer(let integer): type == .boolean ? .boolean(integer != 0) : .integer(integer)
        case .real(let real): .real(real)
        case .bytes(let bytes): .text(String(decoding: bytes, as: UTF8.self))
        case .text(let text): .text(text)
        case .boolean(let boolean): .boolean(boolean)
        case .null: .null
        }
    }
}

/// The memory into which the library writes one row after the other; each column has room for its longest value.
final class RowBuffer {
    let binds: UnsafeMutablePointer<MYSQL_BIND>
    private let count: Int
    private let lengths: UnsafeMutablePointer<UInt>
    private let nulls: UnsafeMutablePointer<my_bool>
    private var buffers: [UnsafeMutableRawPointer] = []

    init(_ metadata: UnsafeMutablePointer<MYSQL_RES>) {
        count = Int(mysql_num_fields(metadata))
        binds = .allocate(capacity: count)
        lengths = .allocate(capacity: count)
        nulls = .allocate(capacity: count)
        binds.initialize(repeating: MYSQL_BIND(), count: count)
        lengths.initialize(repeating: 0, count: count)
        nulls.initialize(repeating: 0, count: count)
        let fields = mysql_fetch_fields(metadata)!
        for column in 0..<count {
            let type = Self.type(of: fields[column].type)
            let size = type == MYSQL_TYPE_BLOB ? max(1, Int(fields[column].max_length)) : 8
            let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
            buffers.append(buffer)
            binds[column].buffer_type = type
            binds[column].buffer = buffer
            binds[column].buffer_length = UInt(size)
            binds[column].length = lengths + column
            binds[column].is_null = nulls + column
        }
    }

    deinit {
        for buffer in buffers { buffer.deallocate() }
        binds.deallocate()
        lengths.deallocate()
        nulls.deallocate()
    }

    /// The row that was fetched last.
    var values: [SQLValue] {
        (0..<count).map { column in
            if nulls[column] != 0 { return .null }
            return switch binds[column].buffer_type {
            case MYSQL_TYPE_LONGLONG: .integer(buffers[column].load(as: Int64.self))
            case MYSQL_TYPE_DOUBLE: .real(buffers[column].load(as: Double.self))
            default: .bytes(Array(UnsafeRawBufferPointer(start: buffers[column], count: Int(lengths[column]))))
            }
        }
    }

    private static func type(of column: enum_field_types) -> enum_field_types {
        switch column {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG:
            MYSQL_TYPE_LONGLONG
        case MYSQL_TYPE_DOUBLE: MYSQL_TYPE_DOUBLE
        default: MYSQL_TYPE_BLOB
        }
    }
}
