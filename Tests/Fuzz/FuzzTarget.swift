import Glibc

/// A reader of strangers' bytes. Beside crashes and hangs, which libFuzzer sees by itself, `read` checks what must hold of
/// every input, and traps where it does not.
struct FuzzTarget: Sendable {
    let name: String
    let read: @Sendable ([UInt8]) -> Void

    static let all: [FuzzTarget] =
        jsonTargets + httpTargets + callbackTargets + configurationTargets + messageTargets + tokenTargets

    /// Set once, before the first input.
    nonisolated(unsafe) static var chosen = all[0]

    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    func take(_ bytes: [UInt8]) {
        read(bytes)
        if let pump = Pump(bytes) { check(pump) }
    }

    /// Twice as much of the same costs about twice as much.
    private func check(_ pump: Pump) {
        let (small, large) = (pump.text(of: Pump.size), pump.text(of: Pump.size * 4))
        // One run tells that nothing is wrong; only what looks wrong is measured again.
        for _ in 0..<4 {
            let cost = time { read(small) }
            let costOfFourTimes = time { read(large) }
            if costOfFourTimes <= cost * 8 + 20_000_000 { return }
        }
        fatalError("\(name): four times as much of the same costs more than eight times as much")
    }

    /// Processor time of this thread, in nanoseconds.
    private func time(_ work: () -> Void) -> UInt64 {
        let start = Self.now
        work()
        return Self.now - start
    }

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Makes long inputs out of a short one by repeating a part of it: what a reader takes once it often takes many times.
struct Pump {
    /// Bytes of the smaller of two inputs that are compared.
    static let size = 12_000

    private let head: ArraySlice<UInt8>
    private let part: ArraySlice<UInt8>
    private let tail: ArraySlice<UInt8>

    /// `nil` for most inputs, for this costs more than reading them once. The input alone decides, so that what was found
    /// is found again.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 2 else { return nil }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash ^= hash >> 29
        guard hash % 256 == 0 else { return nil }
        let start = Int(hash >> 8 & 0xFFFF) % bytes.count
        let length = 1 + Int(hash >> 24 & 0xFF) % min(bytes.count - start, 24)
        (head, part, tail) = (bytes[..<start], bytes[start..<start + length], bytes[(start + length)...])
    }

    func text(of size: Int) -> [UInt8] {
        var text = Array(head)
        text.reserveCapacity(size + head.count + part.count + tail.count)
        while text.count < size { text += part }
        return text + tail
    }
}
