import Synchronization

/// A number that only grows. One atomic addition an increment.
public final class Counter: Metric {
    private let total = Atomic<Int>(0)

    init() {}

    public func increment() { increment(by: 1) }

    /// `amount` must not be negative.
    public func increment(by amount: Int) {
        precondition(amount >= 0, "a counter cannot go down")
        total.wrappingAdd(amount, ordering: .relaxed)
    }

    public var value: Int { total.load(ordering: .relaxed) }

    var samples: [Sample] { [Sample(value: Double(value))] }
}
