import Storage

/// A field's value where it lies in a record: text is not copied.
enum RawValue {
    case null
    case boolean(Bool)
    case integer(Int64)
    case real(Double)
    case text(Bytes)

    /// Negative when `self` comes first, zero when they are equal. Null comes first and equals null.
    func order(to other: RawValue) -> Int {
        switch (self, other) {
        case (.integer(let one), .integer(let two)): one < two ? -1 : one == two ? 0 : 1
        case (.real(let one), .real(let two)): one < two ? -1 : one == two ? 0 : 1
        case (.text(let one), .text(let two)): one.order(to: two)
        case (.boolean(let one), .boolean(let two)): (one ? 1 : 0) - (two ? 1 : 0)
        default: rank - other.rank
        }
    }

    var isNull: Bool { if case .null = self { true } else { false } }

    var fieldValue: FieldValue {
        switch self {
        case .null: .null
        case .boolean(let boolean): .boolean(boolean)
        case .integer(let integer): .integer(integer)
        case .real(let real): .real(real)
        case .text(let bytes): .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    private var rank: Int {
        switch self {
        case .null: 0
        case .boolean: 1
        case .integer: 2
        case .real: 3
        case .text: 4
        }
    }
}

extension FieldValue {
    /// Runs `body` with the value where it lies.
    func withRaw<Result>(_ body: (RawValue) throws -> Result) rethrows -> Result {
        switch self {
        case .null: return try body(.null)
        case .boolean(let boolean): return try body(.boolean(boolean))
        case .integer(let integer): return try body(.integer(integer))
        case .real(let real): return try body(.real(real))
        case .text(var string):
            return try string.withUTF8 { try body(.text(Bytes($0))) }
        }
    }
}
