import Glibc
import Synchronization

/// The kernel's random numbers, fetched some at a time: a system call each would cost a request more than its routing.
/// Each is given out once.
final class RandomReserve: Sendable {
    private struct State {
        var numbers: [UInt64] = []
    }
    private let state = Mutex(State())

    func next() -> UInt64 {
        state.withLock { state in
            if let number = state.numbers.popLast() { return number }
            // What getentropy(3) gives at most, whole or not at all.
            let count = 256 / MemoryLayout<UInt64>.size
            state.numbers = Array(unsafeUninitializedCapacity: count) { buffer, filled in
                let bytes = UnsafeMutableRawBufferPointer(buffer)
                let isFilled = bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false
                precondition(isFilled, "the kernel gives no random numbers")
                filled = count
            }
            return state.numbers.removeLast()
        }
    }
}
