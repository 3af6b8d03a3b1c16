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
        var (hash, text) = (FNV1a.of64Bits, text)
        text.withUTF8 { hash.add(UnsafeRawBufferPointer($0)) }
        return name.prefix(limit - 20) + "~" + String(hash.state, radix: 16)
    }

    /// Less than a file system's 255 bytes, with room for what a writer puts behind it.
    private static let limit = 230
}

// Numbers are generic inside of this module alone. Another module would call the generic form as it stands, witness by
// witness: the fingerprint of one request took 68,000 instructions that way, where 3,000 do.

/// Lower-case hexadecimal digits of a number, the highest first. What does not fit into `digits` is left out.
package func hexadecimal(_ number: UInt64, digits: Int = 16) -> String { hexadecimalDigits(number, digits) }
package func hexadecimal(_ number: UInt128) -> String { hexadecimalDigits(number, 32) }
package func hexadecimal(_ number: UInt32, digits: Int = 8) -> String { hexadecimalDigits(number, digits) }
package func hexadecimal(_ number: UInt8) -> String { hexadecimalDigits(number, 2) }

@inline(__always)
private func hexadecimalDigits<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number, _ count: Int) -> String {
    String(unsafeUninitializedCapacity: count) { buffer in
        var number = number
        for index in stride(from: count - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: number & 15)
            buffer[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
            number >>= 4
        }
        return count
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

/// FNV-1a (draft-eastlake-fnv): tells texts apart that differ by accident, the same in every process and on every machine.
/// Nobody is kept from finding two with one hash.
package struct FNV1a<Word: FixedWidthInteger & UnsignedInteger> {
    package private(set) var state: Word
    private let prime: Word

    fileprivate init(basis: Word, prime: Word) {
        state = basis
        self.prime = prime
    }

    @inline(__always)
    fileprivate mutating func fold(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes { state = (state ^ Word(truncatingIfNeeded: byte)) &* prime }
    }
}

extension FNV1a<UInt64> {
    package static var of64Bits: FNV1a { FNV1a(basis: 0xcbf2_9ce4_8422_2325, prime: 0x100_0000_01b3) }

    package mutating func add(_ bytes: UnsafeRawBufferPointer) { fold(bytes) }
}

extension FNV1a<UInt128> {
    package static var of128Bits: FNV1a {
        FNV1a(
            basis: 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d,
            prime: 0x0000_0000_0100_0000_0000_0000_0000_013b)
    }

    package mutating func add(_ bytes: UnsafeRawBufferPointer) { fold(bytes) }

    package mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { fold(UnsafeRawBufferPointer($0)) }
    }
}
