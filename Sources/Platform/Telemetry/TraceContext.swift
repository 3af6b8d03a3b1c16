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

    /// The trace that the running task works for; set with `TraceContext.$current.withValue`.
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

    private static func nonZero(_ random: () -> UInt64) -> UInt64 {
        let value = random()
        return value == 0 ? 1 : value
    }
}

extension TraceContext: CustomStringConvertible {
    /// The value of a `traceparent` header.
    public var description: String { "00-\(traceID)-\(spanID)-\(hexadecimal(flags))" }
}

extension TraceContext {
    /// Reads a `traceparent` header. `nil` if it is not valid (all-zero ids, version `ff`, upper case, another
    /// length): then a new trace begins and `tracestate` is ignored.
    public init?(_ text: String) {
        var reader = HexReader(bytes: Array(text.utf8))
        guard
            let version = reader.number(digits: 2), version != 0xff, reader.dash(),
            let high = reader.number(digits: 16), let low = reader.number(digits: 16), reader.dash(),
            let span = reader.number(digits: 16), reader.dash(),
            let flags = reader.number(digits: 2),
            high | low != 0, span != 0
        else { return nil }
        // A later version may carry more after another dash; version 00 may not.
        guard reader.isAtEnd || (version > 0 && reader.dash()) else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, flags: UInt8(flags))
    }
}

private struct HexReader {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    mutating func dash() -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "-") else { return false }
        position += 1
        return true
    }

    mutating func number(digits: Int) -> UInt64? {
        guard position + digits <= bytes.count else { return nil }
        var value: UInt64 = 0
        for byte in bytes[position..<position + digits] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        position += digits
        return value
    }
}
