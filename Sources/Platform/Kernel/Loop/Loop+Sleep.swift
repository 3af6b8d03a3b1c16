import Synchronization

extension Loop {
    /// Waits on this loop's own time. Throws `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        let sleeper = Sleeper()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard sleeper.begin(continuation) else { return continuation.resume() }
                sleeper.keep(schedule(after: duration) { sleeper.finish() })
            }
        } onCancel: {
            sleeper.finish()
        }
        try Task.checkCancellation()
    }
}

/// Resumes its continuation once, whichever of the timer and the cancellation comes first.
private final class Sleeper: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Void, Never>, ScheduledAction?)
        case finished
    }
    private let state = Mutex(State.idle)

    /// `false` when it was cancelled before it began.
    func begin(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        state.withLock { state in
            guard case .idle = state else { return false }
            state = .waiting(continuation, nil)
            return true
        }
    }

    func keep(_ action: ScheduledAction) {
        state.withLock { state in
            guard case .waiting(let continuation, _) = state else { return action.cancel() }
            state = .waiting(continuation, action)
        }
    }

    func finish() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .finished }
            guard case .waiting(let continuation, let action) = state else { return nil }
            action?.cancel()
            return continuation
        }
        continuation?.resume()
    }
}
