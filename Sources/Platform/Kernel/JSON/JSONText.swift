import FoundationEssentials

/// JSON text in the making. Values are written as they come: nothing is kept but which objects and arrays are open.
///
/// A write into an open object or array closes what was left open inside it. So the encoder's containers need no
/// end of their own, and one value may ask for its object twice and go on in it.
struct JSONText {
    struct Scope {
        let closing: UInt8
        /// Tells the containers of one place apart.
        let number: Int
        var isEmpty = true
    }
    private(set) var bytes: [UInt8] = []
    private var scopes: [Scope] = []
    private var lastNumber = 0
    /// Where a value is due and not written yet: after a key, for an encoder that was handed out.
    private var due: Int?

    init() {
        bytes.reserveCapacity(512)
    }

    var depth: Int { scopes.count }

    // MARK: Objects and arrays

    /// Opens an object or array at `depth`, or goes on in the one that is open there. Gives its number.
    mutating func open(_ opening: UInt8, _ closing: UInt8, at depth: Int) -> Int {
        if depth < scopes.count {
            precondition(scopes[depth].closing == closing, "a value is either an object or an array")
            return scopes[depth].number
        }
        bytes.append(opening)
        lastNumber += 1
        scopes.append(Scope(closing: closing, number: lastNumber))
        return lastNumber
    }

    /// Begins the next member of the object or array with that number.
    mutating func beginMember(at depth: Int, of number: Int) {
        close(downTo: depth + 1)
        precondition(
            depth < scopes.count && scopes[depth].number == number, "a container is written to after its end")
        if scopes[depth].isEmpty { scopes[depth].isEmpty = false } else { bytes.append(UInt8(ascii: ",")) }
    }

    mutating func close(downTo depth: Int) {
        writeDue()
        while scopes.count > depth { bytes.append(scopes.removeLast().closing) }
    }

    /// A value will be written here later, by an encoder of its own; an empty object where it never is.
    mutating func expectValue() {
        due = bytes.count
    }

    private mutating func writeDue() {
        if due == bytes.count { bytes += "{}".utf8 }
        due = nil
    }

    // MARK: Scalars

    /// As it is: punctuation, `null`, escapes.
    mutating func write(literal: StaticString) {
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// As it is written down: no floating point comes between.
    mutating func write(number: Decimal) { bytes.append(contentsOf: number.description.utf8) }

    /// Digit by digit as it was read.
    mutating func write(literal number: JSONNumber) { bytes.append(contentsOf: number.literal.utf8) }

    mutating func write(_ truth: Bool) { write(literal: truth ? "true" : "false") }

    mutating func write(key: some CodingKey) {
        write(key.stringValue)
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func write(_ integer: Int64) {
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        write(integer.magnitude)
    }

    mutating func write(_ integer: UInt64) {
        guard integer > 9 else { return bytes.append(0x30 + UInt8(integer)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = integer
            var start = digits.count
            while rest > 0 {
                start -= 1
                digits[start] = 0x30 + UInt8(rest % 10)
                rest /= 10
            }
            bytes.append(contentsOf: digits[start...])
        }
    }

    /// The shortest text that reads as the same number. `false` where JSON has none: infinite, or not a number.
    mutating func write(_ number: some BinaryFloatingPoint & CustomStringConvertible) -> Bool {
        guard number.isFinite else { return false }
        let text = number.description
        bytes += (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8
        return true
    }

    mutating func write(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { writeEscaped($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func writeEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.contains(where: \.isEscapedInJSON) else { return bytes.append(contentsOf: text) }
        // Put together aside: to append piece by piece costs more than the pieces. 4 KiB at a time, however long the text.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { room in
            var used = 0
            for byte in text {
                if used > room.count - 6 {
                    bytes.append(contentsOf: room[..<used])
                    used = 0
                }
                if !byte.isEscapedInJSON {
                    room[used] = byte
                    used += 1
                } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    room[used] = UInt8(ascii: "\\")
                    room[used + 1] = byte
                    used += 2
                } else {
                    for unit in (jsonEscape(of: byte) ?? "").utf8 {
                        room[used] = unit
                        used += 1
                    }
                }
            }
            bytes.append(contentsOf: room[..<used])
        }
    }
}

/// Returns what stands in JSON text for a byte that cannot stand there as it is (RFC 8259 §7): the short form where there
/// is one. `nil` for all other bytes.
package func jsonEscape(of byte: UInt8) -> String? {
    switch byte {
    case UInt8(ascii: "\""): #"\""#
    case UInt8(ascii: "\\"): #"\\"#
    case 0x08: #"\b"#
    case 0x0C: #"\f"#
    case UInt8(ascii: "\n"): #"\n"#
    case UInt8(ascii: "\r"): #"\r"#
    case UInt8(ascii: "\t"): #"\t"#
    case 0..<0x20: #"\u00"# + hexadecimal(byte)
    default: nil
    }
}

extension UInt8 {
    fileprivate var isEscapedInJSON: Bool { self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\") }
}
