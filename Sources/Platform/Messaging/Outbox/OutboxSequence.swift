import Kernel

/// Numbers that grow, with the time in their upper 44 bits: rows sort by when they were appended, across restarts too.
struct OutboxSequence {
    private var last: UInt64 = 0
    /// What `WriteOrder` said of other programs when `last` was found to be behind none of theirs.
    private var foreign: Int64?

    /// Greater than those before it; `nil` where another program may have appended since.
    mutating func next(_ now: Timestamp, unchanged foreign: Int64?) -> UInt64? {
        guard let foreign, foreign == self.foreign else { return nil }
        return next(now, after: nil, foreign: foreign)
    }

    /// Greater than those before it and than that of `newest`, the last row that is there.
    mutating func next(_ now: Timestamp, after newest: String?, foreign: Int64? = nil) -> UInt64 {
        let known = max(last, newest.flatMap { UInt64($0.prefix(16), radix: 16) } ?? 0)
        last = max(UInt64(now.milliseconds) << 20, known + 1)
        self.foreign = foreign
        return last
    }
}
