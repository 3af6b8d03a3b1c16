import Glibc
import Kernel

/// Actions that a loop must run later, earliest first; of equal times the one scheduled first goes first.
struct TimerHeap {
    struct Timer {
        /// Nanoseconds of the monotonic clock.
        let due: UInt64
        var order: UInt64 = 0
        let handle: ScheduledAction
        let action: @Sendable () -> Void

        func isBefore(_ other: Timer) -> Bool {
            due == other.due ? order < other.order : due < other.due
        }
    }

    private var timers: [Timer] = []
    private var order: UInt64 = 0
    /// At this many timers the cancelled ones are thrown out.
    private var purgeCount = TimerHeap.smallestPurge
    private static let smallestPurge = 64

    var isEmpty: Bool { timers.isEmpty }
    var count: Int { timers.count }
    var nextDue: UInt64? { timers.first?.due }

    mutating func insert(_ timer: Timer) {
        // A cancelled timer stays until it is due. Most are cancelled (a timeout that did not happen), so they would
        // outnumber the others by far; throwing them out whenever the heap has doubled costs constant time for each.
        if timers.count >= purgeCount { purge() }
        var timer = timer
        timer.order = order
        order += 1
        timers.append(timer)
        siftUp(from: timers.count - 1)
    }

    /// Takes out the next timer that is due at `time` and not cancelled.
    mutating func popDue(at time: UInt64) -> Timer? {
        while let first = timers.first, first.due <= time || first.handle.isCancelled {
            removeFirst()
            if !first.handle.isCancelled { return first }
        }
        return nil
    }

    private mutating func purge() {
        timers.removeAll { $0.handle.isCancelled }
        for index in stride(from: timers.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
        purgeCount = max(Self.smallestPurge, timers.count * 2)
    }

    private mutating func removeFirst() {
        timers.swapAt(0, timers.count - 1)
        timers.removeLast()
        siftDown(from: 0)
    }

    private mutating func siftUp(from start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard timers[index].isBefore(timers[parent]) else { return }
            timers.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(from start: Int) {
        var index = start
        while true {
            var least = index
            let (left, right) = (2 * index + 1, 2 * index + 2)
            if left < timers.count, timers[left].isBefore(timers[least]) { least = left }
            if right < timers.count, timers[right].isBefore(timers[least]) { least = right }
            if least == index { return }
            timers.swapAt(index, least)
            index = least
        }
    }
}

/// The kernel's clocks, read without a system call.
enum SystemClock {
    /// Nanoseconds since the machine began.
    static var monotonic: UInt64 { read(CLOCK_MONOTONIC) }
    /// Nanoseconds since 1970.
    static var wall: UInt64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
