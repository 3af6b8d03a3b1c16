import Storage
import StorageServer

/// What a statement gave.
struct Rows: ServerRows {
    private let rows: [[SQLValue]]
    let changes: Int

    init(_ rows: [[SQLValue]]) {
        self.rows = rows
        changes = 0
    }

    /// That of a statement that writes.
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
