/// The rule for e-mail addresses, shared by the services that accept them and those that send to them.
public enum EmailAddress {
    /// Returns whether the text has an `ascii` form. Only a mail can prove that the address exists.
    public static func isPlausible(_ text: String) -> Bool { ascii(text) != nil }

    /// Returns the address in the form that every mail server accepts; `nil` if the text is no address.
    ///
    /// One `@` with something on both sides, without white space, quotes and brackets; at most 254 characters (RFC 5321
    /// §4.5.3.1.3). A domain beyond ASCII is written in its `xn--` form (RFC 5890 §2.3.2.1). Before the `@` only
    /// ASCII is accepted, because other characters (RFC 6531) need support by every server on the way.
    public static func ascii(_ text: String) -> String? {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy(isPlain) else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false).map(label)
        let domain = labels.compactMap { $0 }.joined(separator: ".")
        guard !labels.contains(nil), !domain.isEmpty else { return nil }
        let address = parts[0] + "@" + domain
        return address.utf8.count <= 254 ? String(address) : nil
    }

    /// Returns the form in which addresses are compared: `ascii` in lower case.
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

/// The body of `POST /emails`. The `Idempotency-Key` becomes the mail's Message-ID, by which receivers can recognise a
/// repeated mail.
public struct SendEmail: Codable, Sendable, Hashable {
    public let to: String
    public let subject: String
    public let text: String
    /// The text for readers that show HTML.
    public let html: String?

    public init(to: String, subject: String, text: String, html: String? = nil) {
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
    }
}

public enum EmailAPI {
    public static let path = "/emails"
}

/// Encodes text beyond ASCII in letters, digits and hyphens (RFC 3492), for domain names.
enum Punycode {
    private static let (base, tMin, tMax, skew, damp) = (36, 1, 26, 38, 700)

    static func encode(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { Int($0.value) }
        let plain = scalars.filter { $0 < 0x80 }
        var output = String(String.UnicodeScalarView(plain.compactMap { Unicode.Scalar($0) }))
        var (handled, code, delta, bias) = (plain.count, 0x80, 0, 72)
        if !plain.isEmpty { output += "-" }
        while handled < scalars.count {
            guard let next = scalars.filter({ $0 >= code }).min() else { break }
            delta += (next - code) * (handled + 1)
            code = next
            for scalar in scalars {
                if scalar < code { delta += 1 }
                guard scalar == code else { continue }
                output += digits(of: delta, bias)
                bias = adapt(delta, count: handled + 1, isFirst: handled == plain.count)
                delta = 0
                handled += 1
            }
            delta += 1
            code += 1
        }
        return output
    }

    /// Encodes a number of variable length (§3.3).
    private static func digits(of delta: Int, _ bias: Int) -> String {
        var (rest, position, text) = (delta, base, "")
        while true {
            let threshold = position <= bias ? tMin : position >= bias + tMax ? tMax : position - bias
            guard rest >= threshold else { break }
            text += digit(threshold + (rest - threshold) % (base - threshold))
            rest = (rest - threshold) / (base - threshold)
            position += base
        }
        return text + digit(rest)
    }

    private static func digit(_ value: Int) -> String {
        String(Character(Unicode.Scalar(UInt8(value < 26 ? 97 + value : 22 + value))))
    }

    private static func adapt(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / damp : delta / 2
        delta += delta / count
        var position = 0
        while delta > (base - tMin) * tMax / 2 {
            delta /= base - tMin
            position += base
        }
        return position + (base - tMin + 1) * delta / (delta + skew)
    }
}
