/// How often in a row the event whose turn it is has failed.
struct FailureCount {
    /// Of any kind; the delay grows with them.
    private(set) var failures = 0
    /// Those that may be the event's own fault.
    private(set) var faults = 0

    /// What came of one try, with `count` events at once.
    mutating func add(_ attempt: Attempt, of count: Int) {
        // Something was settled: another event's turn has come.
        if attempt.done > 0 { self = FailureCount() }
        guard let error = attempt.error else { return }
        failures += 1
        if !isPassing(error), !attempt.isWhole || count == 1 { faults += 1 }
    }
}
