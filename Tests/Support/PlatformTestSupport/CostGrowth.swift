import Glibc

/// Compares the processor time of work at one size with that at twice the size. Processor time of this thread, and the
/// least of several runs, so that other work on the machine counts for little.
public struct CostGrowth: CustomStringConvertible {
    public let nanoseconds: UInt64
    public let nanosecondsOfTwice: UInt64

    /// `work` is given the size; it must run on the calling thread.
    public init(size: Int, runs: Int = 5, _ work: (Int) -> Void) {
        var (least, leastOfTwice) = (UInt64.max, UInt64.max)
        for _ in 0..<runs {
            least = min(least, Self.time { work(size) })
            leastOfTwice = min(leastOfTwice, Self.time { work(size * 2) })
        }
        (nanoseconds, nanosecondsOfTwice) = (least, leastOfTwice)
    }

    /// Linear work costs twice as much; half as much again, and a millisecond, are for caches and the clock. Quadratic
    /// work costs four times as much.
    public var isLinear: Bool { nanosecondsOfTwice <= nanoseconds * 3 + 1_000_000 }

    public var description: String { "\(nanoseconds / 1000) µs, \(nanosecondsOfTwice / 1000) µs for twice as much" }

    private static func time(_ work: () -> Void) -> UInt64 {
        let start = now
        work()
        return now - start
    }

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
