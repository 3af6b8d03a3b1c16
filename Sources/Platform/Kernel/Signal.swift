import Synchronization

/// "There is something to do": wakes one waiting task; a signal given while nobody waits is kept, not counted.
public final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: OneShot<Void>?
    }
    private let state = Mutex(State())

    public init() {}

    /// Safe from any thread.
    public func raise() {
        let waiter = state.withLock { state -> OneShot<Void>? in
            guard let waiter = state.waiter else {
                state.isRaised = true
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.give(())
    }

    /// Returns when the signal was raised since the last wait, when `limit` has passed, or when cancelled.
    /// One task at a time may wait.
    public func wait(on loop: any Loop, atMost limit: Duration? = nil) async {
        let timer = limit.map { loop.schedule(after: $0) { self.raise() } }
        defer { timer?.cancel() }
        let waiter = OneShot<Void>()
        let isReady = state.withLock { state in
            precondition(state.waiter == nil, "only one task may wait for a signal")
            if state.isRaised || Task.isCancelled {
                state.isRaised = false
                return true
            }
            state.waiter = waiter
            return false
        }
        if isReady { return }
        await withTaskCancellationHandler {
            await waiter.value()
        } onCancel: {
            raise()
        }
    }
}
