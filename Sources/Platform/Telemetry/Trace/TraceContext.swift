import Kernel

/// Which request a piece of work belongs to: the W3C trace context, level 1, as `traceparent` carries it.
public struct TraceContext: Sendable, Hashable {
    /// The upper and lower half of the 128-bit trace id; never both zero.
    public let traceHigh: UInt64
    public let traceLow: UInt64
    /// The id of this step (`parent-id` in the header); never zero.
    public let span: UInt64
    /// Bit 0: sampled.
    public let flags: UInt8

    /// What the running task works for; set with `TraceContext.$current.withValue`.
    @TaskLocal public static var current: TraceContext?

    init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.flags = flags
    }

    /// Begins a new, sampled trace. `random` is the loop's, so that a simulated run replays.
    public static func start(random: () -> UInt64) -> TraceContext {
        TraceContext(traceHigh: nonZero(random), traceLow: random(), span: nonZero(random), flags: 1)
    }

    /// The next step of the same trace.
    public func child(random: () -> UInt64) -> TraceContext {
        TraceContext(traceHigh: traceHigh, traceLow: traceLow, span: Self.nonZero(random), flags: flags)
    }

    /// 32 lower-case hexadecimal digits.
    public var traceID: String { hexadecimal(traceHigh) + hexadecimal(traceLow) }

    /// 16 lower-case hexadecimal digits.
    public var spanID: String { hexadecimal(span) }

    public var isSampled: Bool { flags & 1 == 1 }

    private static func nonZero(_ random: () -> UInt64) -> UInt64 {
        let value = random()
        return value == 0 ? 1 : value
    }
}

extension TraceContext: CustomStringConvertible {
    /// The value of a `traceparent` header.
    public var description: String { "00-\(traceID)-\(spanID)-\(hexadecimal(flags))" }
}
