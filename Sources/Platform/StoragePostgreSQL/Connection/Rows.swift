import CPostgreSQL
import Storage
import StorageServer

/// What a statement gave. Values are in PostgreSQL's binary format: numbers big-endian, text and bytes as they are.
final class Rows: ServerRows, @unchecked Sendable {  // never changed after it was made
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var count: Int { Int(PQntuples(handle)) }

    /// How many rows a statement that writes has changed.
    var changes: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

    /// `COMMIT`, or `ROLLBACK` where that is what became of it.
    var tag: String { String(cString: PQcmdStatus(handle)) }

    func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(handle, Int32(row), Int32(column)) == 1 }

    func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        let start = PQgetvalue(handle, Int32(row), Int32(column))
        return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(handle, Int32(row), Int32(column))))
    }

    func integer(_ row: Int, _ column: Int) -> Int64 {
        Int64(bigEndian: bytes(row, column).loadUnaligned(as: Int64.self))
    }

    func document(_ row: Int, _ column: Int) -> [UInt8] { Array(bytes(row, column)) }

    func text(_ row: Int, _ column: Int) -> String { String(decoding: bytes(row, column), as: UTF8.self) }

    func value(_ row: Int, _ column: Int, _ type: FieldType) -> FieldValue {
        guard !isNull(row, column) else { return .null }
        return switch type {
        case .integer: .integer(integer(row, column))
        case .real: .real(Double(bitPattern: UInt64(bitPattern: integer(row, column))))
        case .text: .text(text(row, column))
        case .boolean: .boolean(bytes(row, column).first == 1)
        }
    }
}
