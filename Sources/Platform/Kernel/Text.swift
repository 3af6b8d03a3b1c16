/// Names of files made of texts that others chose.
public enum FileName {
    /// Never leaves its folder. Two texts have one name only where both are longer than a name may be, and then only by
    /// chance. ASCII letters, digits, `-` and `_` stay as they are.
    public static func safe(_ text: String) -> String {
        let name = text.utf8.reduce(into: "") { name, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                name.unicodeScalars.append(Unicode.Scalar(byte))
            default: name += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        guard name.utf8.count > limit else { return name }
        // FNV-1a, of the whole.
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return name.prefix(limit - 20) + "~" + String(hash, radix: 16)
    }

    /// Of 255, with room for what a writer puts behind it.
    private static let limit = 230
}

/// Lower-case hexadecimal digits of a fixed number, the highest first. What does not fit is left out.
///
/// Inlinable, so that other modules have it for their type of number: generic arithmetic costs a hundred times as much.
@inlinable
package func hexadecimal<Number: FixedWidthInteger & UnsignedInteger>(
    _ number: Number, digits: Int = Number.bitWidth / 4
) -> String {
    String(unsafeUninitializedCapacity: digits) { buffer in
        var number = number
        for index in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: number & 15)
            buffer[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
            number >>= 4
        }
        return digits
    }
}

/// Two lower-case hexadecimal digits a byte, in the order of the bytes.
package func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
        for (index, byte) in bytes.enumerated() {
            buffer[index * 2] = digits[Int(byte >> 4)]
            buffer[index * 2 + 1] = digits[Int(byte & 15)]
        }
        return bytes.count * 2
    }
}
