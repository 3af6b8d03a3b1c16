/// The query of a request: names and values in order, decoded as forms encode them (`+` is a space).
public struct QueryString: Sendable {
    public struct Item: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    public let items: [Item]

    /// Reads text without the question mark. `a` is the same as `a=`; empty parts are left out.
    public init(_ text: String) {
        // By bytes, as everybody else does: a separator with a combining mark separates too.
        items = text.utf8.split(separator: UInt8(ascii: "&")).map { part in
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return Item(
                name: PercentDecoding.decode(Substring(pair[0]), plusIsSpace: true),
                value: pair.count == 2 ? PercentDecoding.decode(Substring(pair[1]), plusIsSpace: true) : "")
        }
    }

    public var isEmpty: Bool { items.isEmpty }

    /// The first value of that name.
    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    public func all(_ name: String) -> [String] {
        items.filter { $0.name == name }.map(\.value)
    }
}

extension Request {
    /// The query, read anew at each call: keep it where several values are needed.
    public var query: QueryString { QueryString(rawQuery) }
}

extension QueryString {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Percent-encodes all but the unreserved characters (RFC 3986 §2.3), so that the text can stand as a name or value.
    public static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

extension QueryString {
    /// A whole number; `standard` when it is not given. Throws a 400 `Problem` that names it when it is something else
    /// or out of `range`.
    public func integer(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws(Problem) -> Int {
        try integer(name, in: range) ?? standard
    }

    public func integer(_ name: String, default standard: Int, in range: PartialRangeFrom<Int>) throws(Problem) -> Int {
        try integer(name, default: standard, in: range.lowerBound...Int.max)
    }

    /// A whole number; `nil` when it is not given.
    public func integer(_ name: String, in range: ClosedRange<Int> = .min ... .max) throws(Problem) -> Int? {
        guard let value = try value(name, as: Int.self) else { return nil }
        guard range.contains(value) else { throw .invalid(name, "must be \(Self.words(for: range))") }
        return value
    }

    /// `true` or `false`; `standard` when it is not given.
    public func flag(_ name: String, default standard: Bool = false) throws(Problem) -> Bool {
        try value(name, as: Bool.self) ?? standard
    }

    /// A value that can be read from text; `nil` when it is not given.
    public func value<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type
    ) throws(Problem) -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = Value(text) else { throw .invalid(name, "must be \(Problem.name(of: type))") }
        return value
    }

    /// The text; throws a 400 `Problem` that names it when it is not given or empty.
    public func required(_ name: String) throws(Problem) -> String {
        guard let text = self[name], !text.isEmpty else { throw .invalid(name, "is required") }
        return text
    }

    private static func words(for range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (let low, .max): "at least \(low)"
        case (.min, let high): "at most \(high)"
        case (let low, let high): "from \(low) to \(high)"
        }
    }
}

/// Percent decoding (RFC 3986 §2.1).
package enum PercentDecoding {
    /// The text with `%XX` replaced. An escape that is none stays as it is; bytes that are not UTF-8 are replaced.
    package static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String {
        guard text.utf8.contains(where: { $0 == 0x25 || (plusIsSpace && $0 == 0x2B) }) else { return String(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, let value = escaped(rest) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == 0x2B && plusIsSpace ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text with `%XX` replaced; `nil` if an escape is none, the bytes are not UTF-8, or others than visible ASCII
    /// characters stand between the escapes.
    static func decodeStrictly(_ text: String) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == 0x25 {
                guard let value = escaped(rest) else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                guard byte > 0x20, byte < 0x7F else { return nil }
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func escaped(_ rest: Substring.UTF8View.SubSequence) -> UInt8? {
        guard let high = rest.first, let low = rest.dropFirst().first, let high = digit(high), let low = digit(low)
        else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
