import Kernel

/// Numbers that grow, with the time in their upper 44 bits: rows sort by when they were appended, across restarts too.
struct OutboxSequence {
    private var last: UInt64?

    var isUnknown: Bool { last == nil }

    /// Continues after the newest row that is there.
    mutating func begin(after id: String?) {
        guard last == nil else { return }
        last = id.flatMap { UInt64($0.prefix(16), radix: 16) } ?? 0
    }

    mutating func next(_ now: Timestamp) -> UInt64 {
        let number = max(UInt64(now.milliseconds) << 20, (last ?? 0) + 1)
        last = number
        return number
    }
}

func fixedWidthHexadecimal(_ number: UInt64, digits: Int) -> String {
    String(unsafeUninitializedCapacity: digits) { buffer in
        var number = number
        for index in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(number & 15)
            buffer[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
            number >>= 4
        }
        return digits
    }
}
