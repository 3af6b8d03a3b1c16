import Kernel

/// Numbers that grow, with the time in their upper 44 bits: rows sort by when they were appended, across restarts too.
struct OutboxSequence {
    private var last: UInt64 = 0

    /// Greater than those before it and than that of `newest`, the last row that is there.
    mutating func next(_ now: Timestamp, after newest: String?) -> UInt64 {
        let known = max(last, newest.flatMap { UInt64($0.prefix(16), radix: 16) } ?? 0)
        last = max(UInt64(now.milliseconds) << 20, known + 1)
        return last
    }
}
