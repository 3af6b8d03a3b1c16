import Storage

/// Values as keys: their bytes sort as the values do, null first, then false, true, numbers, text by its UTF-8 bytes.
enum SortableKey {
    /// LMDB's keys have up to 511 bytes. A text that is longer than this keeps its first bytes here and is told apart by
    /// its record.
    static let length = 497

    static func id(_ id: String) -> [UInt8] { text(id) }

    /// Whether a key cannot hold the whole text. Long ids that begin alike get a number of four bytes behind it.
    static func isLong(_ text: String) -> Bool { text.utf8.count >= length }

    static func value(_ value: FieldValue, _ type: FieldType) -> [UInt8] {
        switch (value, type) {
        case (.null, _): return [Tag.null]
        case (.boolean(let boolean), _): return [boolean ? Tag.yes : Tag.no]
        case (.integer(let integer), .real): return real(Double(integer))
        case (.integer(let integer), _): return bigEndian(Tag.integer, UInt64(bitPattern: integer) ^ (1 << 63))
        case (.real(let double), _): return real(double)
        case (.text(let string), _): return text(string)
        }
    }

    /// The first key after null.
    static let afterNull: [UInt8] = [Tag.no]

    /// Returns the part by which LMDB compares two keys that are longer than `length`.
    static func prefix(_ key: Bytes) -> Bytes { Bytes(rebasing: key.prefix(length)) }

    private enum Tag {
        static let null: UInt8 = 0
        static let no: UInt8 = 1
        static let yes: UInt8 = 2
        static let integer: UInt8 = 3
        static let real: UInt8 = 4
        static let text: UInt8 = 5
    }

    private static func text(_ string: String) -> [UInt8] {
        var key: [UInt8] = [Tag.text]
        key.append(contentsOf: string.utf8.prefix(length - 1))
        return key
    }

    /// IEEE 754 bits sort as the numbers do once the sign is turned, and all bits of negative ones.
    private static func real(_ double: Double) -> [UInt8] {
        guard !double.isNaN else { return [Tag.null] }
        let bits = (double == 0 ? 0 : double).bitPattern
        return bigEndian(Tag.real, bits >> 63 == 0 ? bits ^ (1 << 63) : ~bits)
    }

    private static func bigEndian(_ tag: UInt8, _ bits: UInt64) -> [UInt8] {
        [tag] + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
    }
}

extension UnsafeRawBufferPointer {
    /// Byte by byte, the shorter one first: as LMDB does.
    func order(to other: Bytes) -> Int {
        for (one, two) in zip(self, other) where one != two { return one < two ? -1 : 1 }
        return count == other.count ? 0 : count < other.count ? -1 : 1
    }
}

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
