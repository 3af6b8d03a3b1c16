import Synchronization

/// Room in memory for a body that comes in pieces and is collected whole, counted among all bodies of the process.
public final class BodyAllowance: Sendable {
    private struct State {
        var held = 0
        var isOver = false
        var wasRefused = false
    }
    private let reserve: @Sendable (Int) -> Bool
    private let release: @Sendable (Int) -> Void
    private let state = Mutex(State())

    public init(reserve: @escaping @Sendable (Int) -> Bool, release: @escaping @Sendable (Int) -> Void) {
        self.reserve = reserve
        self.release = release
    }

    /// Takes room for so many more bytes; `false` if there is none.
    func take(_ count: Int) -> Bool {
        state.withLock { state in
            guard !state.isOver, reserve(count) else {
                state.wasRefused = true
                return false
            }
            state.held += count
            return true
        }
    }

    /// Whether there was no room once.
    var wasRefused: Bool { state.withLock { $0.wasRefused } }

    /// Gives the room back: the request has been answered.
    public func end() {
        let held = state.withLock { state in
            state.isOver = true
            defer { state.held = 0 }
            return state.held
        }
        if held > 0 { release(held) }
    }
}
