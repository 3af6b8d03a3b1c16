/// One value of a JSON text, or the name of a member, by its place in the text. An object's members follow it as names
/// and values in turn, a list's elements follow it one by one.
struct JSONNode {
    enum Kind: UInt8 {
        case null, `true`, `false`, integer, number, text, escapedText, list, object
    }
    let kind: Kind
    /// The first byte: behind the quotation mark, for texts.
    let start: UInt32
    /// Bytes of a scalar; members of an object; elements of a list.
    var count: UInt32
    /// The node behind this one and all that it contains.
    var next: UInt32 = 0

    init(kind: Kind, start: Int, count: Int) {
        self.kind = kind
        self.start = UInt32(truncatingIfNeeded: start)
        self.count = UInt32(truncatingIfNeeded: count)
    }

    var isText: Bool { kind == .text || kind == .escapedText }
    var isNumber: Bool { kind == .integer || kind == .number }
    private var range: Range<Int> { Int(start)..<Int(start) + Int(count) }

    /// The characters of a text, a name or a number.
    func text(in bytes: UnsafeBufferPointer<UInt8>) -> String {
        let written = UnsafeBufferPointer(rebasing: bytes[range])
        guard kind == .escapedText else { return String(decoding: written, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: written.count) { Self.unescape(written, into: $0) }
    }

    /// Compares what is written, for texts without escapes.
    func isSameText(as other: JSONNode, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        count == other.count && bytes[range].elementsEqual(bytes[other.range])
    }

    func isText(_ text: borrowing String, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard kind == .text else { return kind == .escapedText && self.text(in: bytes) == text }
        guard Int(count) == text.utf8.count else { return false }
        let written = UnsafeBufferPointer(rebasing: bytes[range])
        return text.utf8.withContiguousStorageIfAvailable { $0.elementsEqual(written) }
            ?? text.utf8.elementsEqual(written)
    }

    /// The value of four hexadecimal digits.
    static func codeUnit(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> UInt16? {
        var unit: UInt16 = 0
        for index in position..<position + 4 {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt16(byte - 0x57)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt16(byte - 0x37)
            default: return nil
            }
        }
        return unit
    }

    /// Never longer than what is written. The parser has checked that each escape is whole.
    private static func unescape(
        _ written: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var (position, count) = (0, 0)
        while position < written.count {
            var byte = written[position]
            position += 1
            if byte == UInt8(ascii: "\\") {
                byte = written[position]
                position += 1
                if byte == UInt8(ascii: "u") {
                    for unit in UTF8.encode(scalar(written, &position))! {
                        text[count] = unit
                        count += 1
                    }
                    continue
                }
                byte = simpleEscape(byte)
            }
            text[count] = byte
            count += 1
        }
        return count
    }

    private static func scalar(_ written: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Unicode.Scalar {
        let unit = codeUnit(written, at: position) ?? 0
        position += 4
        guard unit & 0xF800 == 0xD800 else { return Unicode.Scalar(unit)! }
        let low = codeUnit(written, at: position + 2) ?? 0
        position += 6
        return Unicode.Scalar(0x10000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(low) & 0x3FF)!
    }

    private static func simpleEscape(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: byte
        }
    }
}

/// The keys that lead to a value, put together only where an error needs them.
indirect enum JSONPath {
    case root
    case member(any CodingKey, JSONPath)
    case element(Int, JSONPath)

    var keys: [any CodingKey] {
        var keys: [any CodingKey] = []
        var path = self
        while true {
            switch path {
            case .root: return keys.reversed()
            case .member(let key, let outer):
                keys.append(key)
                path = outer
            case .element(let index, let outer):
                keys.append(JSONIndexKey(index))
                path = outer
            }
        }
    }
}

/// An element's place in its list, for the paths of errors.
struct JSONIndexKey: CodingKey {
    private let index: Int
    var stringValue: String { String(index) }
    var intValue: Int? { index }

    init(_ index: Int) { self.index = index }
    init?(stringValue: String) { nil }
    init?(intValue: Int) { index = intValue }
}

/// The member under which a class finds what it inherits, unless it says otherwise.
struct JSONSuperKey: CodingKey {
    var stringValue: String { "super" }
    var intValue: Int? { nil }

    init() {}
    init?(stringValue: String) { nil }
    init?(intValue: Int) { nil }
}
