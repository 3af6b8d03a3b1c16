import Storage

/// A record where it lies in LMDB: version, number of fields, its id where the key has only the beginning of it, the
/// fields in the stored order, the document.
struct StoredRow {
    /// Its key; empty if it was asked for by a key that the caller has.
    let key: Bytes
    let bytes: Bytes
    /// Whether the record holds the id, because the key cannot.
    let isLong: Bool

    init(key: Bytes, bytes: Bytes) {
        self.key = key
        self.bytes = bytes
        isLong = key.count > SortableKey.length
    }

    /// One whose key holds the whole id.
    init(bytes: Bytes) {
        key = Bytes(start: nil, count: 0)
        self.bytes = bytes
        isLong = false
    }

    var version: Int64 { bytes.loadUnaligned(as: Int64.self) }

    /// Its UTF-8 bytes.
    var id: Bytes {
        guard isLong else { return Bytes(rebasing: key.dropFirst()) }
        return Bytes(rebasing: bytes[Self.headLength + 4..<start])
    }

    /// The value of the field at that place of the stored order; null if the record is older than the field.
    func value(at slot: Int) -> RawValue {
        guard slot < count else { return .null }
        var offset = start
        for _ in 0..<slot { offset += width(at: offset) }
        return value(atOffset: offset)
    }

    /// All of them, as many as the record has.
    func values() -> (fields: [FieldValue], document: [UInt8]) {
        var fields: [FieldValue] = []
        var offset = start
        for _ in 0..<count {
            fields.append(value(atOffset: offset).fieldValue)
            offset += width(at: offset)
        }
        return (fields, Array(bytes[offset...]))
    }

    static func encode(
        version: Int64, longId: String?, fields: [FieldValue], document: [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32 + fields.count * 16 + document.count)
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: UInt16(fields.count))
        if let longId { bytes.append(counted: longId) }
        for field in fields {
            switch field {
            case .null: bytes.append(Tag.null)
            case .boolean(let boolean): bytes.append(boolean ? Tag.yes : Tag.no)
            case .integer(let integer):
                bytes.append(Tag.integer)
                bytes.append(littleEndian: integer)
            case .real(let real):
                bytes.append(Tag.real)
                bytes.append(littleEndian: real.bitPattern)
            case .text(let text):
                bytes.append(Tag.text)
                bytes.append(counted: text)
            }
        }
        bytes += document
        return bytes
    }

    private enum Tag {
        static let null: UInt8 = 0
        static let no: UInt8 = 1
        static let yes: UInt8 = 2
        static let integer: UInt8 = 3
        static let real: UInt8 = 4
        static let text: UInt8 = 5
    }

    private static let headLength = 10

    private var count: Int { Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)) }
    /// Where the fields begin.
    private var start: Int { isLong ? Self.headLength + 4 + length(at: Self.headLength) : Self.headLength }

    private func length(at offset: Int) -> Int { Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }

    private func width(at offset: Int) -> Int {
        switch bytes[offset] {
        case Tag.integer, Tag.real: 9
        case Tag.text: 5 + length(at: offset + 1)
        default: 1
        }
    }

    private func value(atOffset offset: Int) -> RawValue {
        switch bytes[offset] {
        case Tag.no: .boolean(false)
        case Tag.yes: .boolean(true)
        case Tag.integer: .integer(bytes.loadUnaligned(fromByteOffset: offset + 1, as: Int64.self))
        case Tag.real: .real(Double(bitPattern: bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt64.self)))
        case Tag.text: .text(Bytes(rebasing: bytes[offset + 5..<offset + 5 + length(at: offset + 1)]))
        default: .null
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(counted text: String) {
        append(littleEndian: UInt32(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
