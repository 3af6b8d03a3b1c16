import Synchronization

/// A number that goes up and down, in base units (seconds, bytes).
public final class Gauge: Metric {
    private let bits = Atomic<UInt64>(0)
    private let read: (@Sendable () -> Double)?

    /// With `read`, the number is asked for when the metrics are, and `set` and `add` have no effect.
    init(read: (@Sendable () -> Double)? = nil) {
        self.read = read
    }

    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    public func set(_ value: Int) { set(Double(value)) }

    public func add(_ amount: Double) { bits.addDouble(amount) }

    public func increment() { add(1) }

    public func decrement() { add(-1) }

    public var value: Double { read?() ?? Double(bitPattern: bits.load(ordering: .relaxed)) }

    var samples: [Sample] { [Sample(value: value)] }
}

extension Atomic where Value == UInt64 {
    /// Adds to a floating-point number kept as its bits.
    func addDouble(_ amount: Double) {
        var old = load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }
}
