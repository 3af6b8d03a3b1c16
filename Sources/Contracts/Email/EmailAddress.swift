/// What both the service that takes an address and the one that sends to it hold for one.
public enum EmailAddress {
    /// Whether it has an `ascii` form. Whether it exists only a mail can tell.
    public static func isPlausible(_ text: String) -> Bool { ascii(text) != nil }

    /// The address as every mail server takes it; `nil` where it is none.
    ///
    /// One `@` with something on both sides, without white space, quotes and brackets; at most 254 characters (RFC 5321
    /// §4.5.3.1.3). A domain beyond ASCII is written in its `xn--` form (RFC 5890 §2.3.2.1). Before the `@` only ASCII is
    /// taken: what is beyond it (RFC 6531) needs servers all the way that take it.
    public static func ascii(_ text: String) -> String? {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy(isPlain) else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false).map(label)
        let domain = labels.compactMap { $0 }.joined(separator: ".")
        guard !labels.contains(nil), !domain.isEmpty else { return nil }
        let address = parts[0] + "@" + domain
        return address.utf8.count <= 254 ? String(address) : nil
    }

    /// One form for all ways to write the same address, for comparing: `ascii` in lower case.
    public static func normalised(_ text: String) -> String? { ascii(text)?.lowercased() }

    /// A part of a domain between dots.
    private static func label(_ text: Substring) -> String? {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.allSatisfy(isPlain) ? String(text) : nil }
        let isText = text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII ? isLabel(scalar) : scalar.properties.isAlphabetic || isMarkOrDigit(scalar)
        }
        guard isText else { return nil }
        let encoded = "xn--" + Punycode.encode(text.lowercased())
        return encoded.utf8.count <= 63 ? encoded : nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21..<0x7F).contains(byte) && !"<>,;\"\\".utf8.contains(byte)
    }

    private static func isLabel(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "-" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    }

    private static func isMarkOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .decimalNumber: true
        default: false
        }
    }
}
