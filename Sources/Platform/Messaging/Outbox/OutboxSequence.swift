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
