import Synchronization

/// Ends a read that runs too long, or that nobody waits for any more.
package final class ReadStop: Sendable {
    private struct State {
        var reason: (any Error)?
        var interrupt: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())
    private let isRaised = Atomic(false)

    package init() {}

    /// The reason of its end; `nil` while it may go on.
    package var reason: (any Error)? {
        isRaised.load(ordering: .acquiring) ? state.withLock { $0.reason } : nil
    }

    /// Throws the reason of its end: for engines that look at rows one after the other.
    package func check() throws {
        guard isRaised.load(ordering: .acquiring), let reason else { return }
        throw reason
    }

    /// Stops it, now or before it begins. The first reason counts.
    package func stop(_ reason: any Error) {
        state.withLock { state in
            guard state.reason == nil else { return }
            state.reason = reason
            isRaised.store(true, ordering: .releasing)
            state.interrupt?()
        }
    }

    /// From now on `interrupt` reaches the engine that works for it.
    func begin(_ interrupt: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.interrupt = interrupt
            if state.reason != nil { interrupt() }
        }
    }

    /// The engine works for somebody else from now on.
    func end() {
        state.withLock { $0.interrupt = nil }
    }
}

/// An engine whose query can be broken off by another thread.
package protocol InterruptibleEngine: AnyObject, Sendable {
    func interrupt()
    /// Forgets an interruption that came when the query had ended.
    func endInterruption()
}
