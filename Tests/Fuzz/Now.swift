import Synchronization

/// Runs on this thread, to its end, what never waits.
func now<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
    let result = Result<Value>()
    Task.immediate { result.set(await work()) }
    guard let value = result.value.withLock({ $0 }) else { fatalError("the work waits for something") }
    return value
}

private final class Result<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)

    func set(_ new: Value) { value.withLock { $0 = new } }
}
