/// A person or a program by name: a subject means something only together with the issuer that knows it by this name.
public struct Principal: Codable, Sendable, Hashable {
    public let issuer: String
    public let subject: String

    public init(issuer: String, subject: String) {
        self.issuer = issuer
        self.subject = subject
    }

    /// A text of visible ASCII characters that no other principal has: for indexes, keys and header fields.
    public var key: String { Self.escaped(issuer) + "|" + Self.escaped(subject) }

    /// Reads what `key` wrote; `nil` if it is something else.
    public init?(key: String) {
        let parts = key.utf8.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        guard parts.count == 2, let issuer = Self.unescaped(parts[0]), let subject = Self.unescaped(parts[1]),
            !issuer.isEmpty, !subject.isEmpty
        else { return nil }
        self.init(issuer: issuer, subject: subject)
    }

    /// Percent-encodes all but letters, digits and what is common in names. The bar between the two is encoded in both.
    private static func escaped(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.append(byte)
            case _ where "-._~@:/+".utf8.contains(byte): result.append(byte)
            default: result += Array(("%" + hexadecimal(byte)).utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func unescaped(_ text: Substring.UTF8View) -> String? {
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let value = UInt8(String(Substring(rest.prefix(2))), radix: 16), rest.count >= 2 else { return nil }
            result.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: result, as: UTF8.self)
    }
}
