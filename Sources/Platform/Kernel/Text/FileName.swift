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
