import Glibc

/// The kernel's clocks, read without a system call.
enum Clock {
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
