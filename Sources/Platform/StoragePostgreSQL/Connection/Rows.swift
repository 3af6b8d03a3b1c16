import CPostgreSQL
import Storage
import StorageSQLClient

/// The result of a statement. Values are in PostgreSQL's binary format: numbers big-endian, text and bytes as they are.
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

/// A statement's parameters in PostgreSQL's binary format.
struct Parameters {
    private var bytes: [UInt8] = []
    /// Where each begins and how long it is; `nil` for NULL.
    private var places: [Range<Int>?] = []

    init(_ values: [SQLValue]) {
        for value in values { add(value) }
    }

    private mutating func add(_ value: SQLValue) {
        switch value {
        case .null: places.append(nil)
        case .integer(let integer): add(bytesOf: integer.bigEndian)
        case .real(let real): add(bytesOf: real.bitPattern.bigEndian)
        case .text(let text): add(text.utf8)
        case .boolean(let boolean): add([boolean ? 1 : 0])
        case .bytes(let bytes): add(bytes)
        }
    }

    /// Calls `body` with what libpq takes: pointers, lengths and formats.
    func withPointers<Result>(
        _ body: (Int32, [UnsafePointer<CChar>?], [Int32], [Int32]) -> Result
    ) -> Result {
        // One byte more, so that an empty value has an address too: none means NULL.
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer in
                let pointers = places.map { place in place.flatMap { buffer.baseAddress! + $0.lowerBound } }
                let lengths = places.map { Int32($0?.count ?? 0) }
                return body(Int32(places.count), pointers, lengths, [Int32](repeating: 1, count: places.count))
            }
        }
    }

    private mutating func add(bytesOf value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { add($0) }
    }

    private mutating func add(_ value: some Sequence<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: value)
        places.append(start..<bytes.count)
    }
}
