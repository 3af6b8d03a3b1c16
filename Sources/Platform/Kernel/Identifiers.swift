import Synchronization

/// Makes identifiers that sort by the time they were made: a prefix and a ULID (48 bits of time, 80 random bits,
/// Crockford's base 32), for example `ORD-01K3Q7…`. Two from one generator never compare out of order.
public final class IdentifierGenerator: Sendable {
    private struct State {
        var time: Int64 = 0
        var high: UInt16 = 0
        var low: UInt64 = 0
    }
    private let loop: any Loop
    private let state = Mutex(State())

    public init(loop: any Loop) {
        self.loop = loop
    }

    public func next(_ prefix: String = "") -> String {
        let (time, random) = (loop.now.milliseconds, (loop.random(), loop.random()))
        let (moment, high, low) = state.withLock { state -> (Int64, UInt16, UInt64) in
            if time > state.time {
                state = State(time: time, high: UInt16(truncatingIfNeeded: random.0) >> 1, low: random.1)
            } else {
                // A stride that nobody guesses: who has one identifier cannot tell its neighbours.
                let stride = random.1 >> 24 | 1
                let (low, isOverflow) = state.low.addingReportingOverflow(stride)
                state.low = low
                if isOverflow { state.high &+= 1 }
            }
            return (state.time, state.high, state.low)
        }
        return prefix + Self.text(time: moment, high: high, low: low)
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    private static func text(time: Int64, high: UInt16, low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 26) { buffer in
            var time = UInt64(bitPattern: time)
            for index in stride(from: 9, through: 0, by: -1) {
                buffer[index] = alphabet[Int(time & 31)]
                time >>= 5
            }
            var (high, low) = (UInt64(high), low)
            for index in stride(from: 25, through: 10, by: -1) {
                buffer[index] = alphabet[Int(low & 31)]
                low = (low >> 5) | (high << 59)
                high >>= 5
            }
            return 26
        }
    }
}

/// A small seeded generator (Steele, Lea, Flood 2014): fast, replayable, not for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
