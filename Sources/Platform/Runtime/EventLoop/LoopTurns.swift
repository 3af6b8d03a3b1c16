import Synchronization

/// How long the turns of a loop take: from one waking to the next sleep. Written by the loop, read by a watch.
final class LoopTurns: Sendable {
    /// When the turn began, in nanoseconds of the monotonic clock; 0 while the loop sleeps.
    private let began = Atomic<UInt64>(0)
    private let longest = Atomic<UInt64>(0)
    private let lastNote = Mutex("")

    func begin(at time: UInt64) { began.store(time, ordering: .relaxed) }

    func end(at time: UInt64) {
        let start = began.load(ordering: .relaxed)
        guard start > 0 else { return }
        if time - start > longest.load(ordering: .relaxed) { longest.store(time - start, ordering: .relaxed) }
        began.store(0, ordering: .relaxed)
    }

    func note(_ work: String) { lastNote.withLock { $0 = work } }

    var lastWork: String { lastNote.withLock { $0 } }

    /// When the turn that lasts now began.
    var current: UInt64? {
        let start = began.load(ordering: .relaxed)
        return start > 0 ? start : nil
    }

    /// The longest turn that ended and was not taken yet, in nanoseconds.
    var longestLeft: UInt64 { longest.load(ordering: .relaxed) }

    /// The longest turn that ended since this was last asked for, in nanoseconds.
    func takeLongest() -> UInt64 { longest.exchange(0, ordering: .relaxed) }
}
