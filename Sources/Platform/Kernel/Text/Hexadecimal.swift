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
