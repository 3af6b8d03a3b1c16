import Synchronization

/// A value that one task waits for and that is given once: the first one counts, be it before or after the wait began.
public final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Value, Never>)
        case given(Value)
    }
    private let state = Mutex(State.idle)

    public init() {}

    /// Tells whether this was the first value. Safe from any thread.
    @discardableResult
    public func give(_ value: Value) -> Bool {
        let (isFirst, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
            switch state {
            case .given: return (false, nil)
            case .idle:
                state = .given(value)
                return (true, nil)
            case .waiting(let waiter):
                state = .given(value)
                return (true, waiter)
            }
        }
        waiter?.resume(returning: value)
        return isFirst
    }

    /// The value, as soon as it is given. One task at a time may wait; a cancelled one is not woken: give it a value.
    public func value() async -> Value {
        await withCheckedContinuation { waiter in
            let given = state.withLock { state -> Value? in
                switch state {
                case .given(let value): return value
                case .waiting: preconditionFailure("only one task may wait for a value")
                case .idle:
                    state = .waiting(waiter)
                    return nil
                }
            }
            if let given { waiter.resume(returning: given) }
        }
    }

    /// The value, as soon as it is given; `replacement` once the task that waits is cancelled, which is then the value.
    public func value(ifCancelled replacement: Value) async -> Value {
        await withTaskCancellationHandler {
            await value()
        } onCancel: {
            give(replacement)
        }
    }
}
