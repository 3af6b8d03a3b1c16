import Kernel
import Synchronization

/// One time series (or, for a histogram, its bundle of them).
protocol Metric: AnyObject, Sendable {
    /// The value now.
    var samples: [Sample] { get }
}

/// One number of the exposition, without its name and the labels of its family.
struct Sample: Sendable {
    /// `_bucket`, `_sum`, `_count` for a histogram.
    var suffix = ""
    /// The upper bound of a histogram's bucket, shown as the label `le`.
    var bound: Double?
    var value: Double
}

/// The kinds of metric, as the `TYPE` line names them.
public enum MetricKind: String, Sendable, Hashable {
    case counter, gauge, histogram
}

/// The properties that two registrations of one name must share.
struct MetricShape: Sendable, Hashable, CustomStringConvertible {
    var kind: MetricKind
    var labels: [String]
    var bounds: [Double] = []

    var description: String {
        kind.rawValue + (labels.isEmpty ? "" : " with labels \(labels.joined(separator: ", "))")
            + (bounds.isEmpty ? "" : " with buckets \(bounds)")
    }
}

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

/// How often a measure fell into which of a few fixed ranges. Two atomic operations an observation.
public final class Histogram: Metric {
    /// Upper bounds in seconds for what a request or a step of a saga takes: 0.5 ms to 10 s.
    public static let latencyBuckets: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    let bounds: [Double]
    private let counts: AtomicCounts
    private let sum = Atomic<UInt64>(0)

    /// `bounds` are upper bounds, inclusive and ascending; the range above the last is there by itself.
    init(bounds: [Double]) {
        self.bounds = bounds
        counts = AtomicCounts(count: bounds.count + 1)
    }

    public func observe(_ duration: Duration) { observe(duration.seconds) }

    public func observe(_ value: Double) {
        counts.increment(bucket(of: value))
        sum.addDouble(value)
    }

    /// How many observations there were.
    public var count: Int { (0...bounds.count).reduce(0) { $0 + counts[$1] } }

    private func bucket(of value: Double) -> Int {
        // A dozen bounds: walking them is quicker than halving.
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        return index
    }

    var samples: [Sample] {
        var result: [Sample] = []
        var total = 0
        for (index, bound) in (bounds + [.infinity]).enumerated() {
            total += counts[index]
            result.append(Sample(suffix: "_bucket", bound: bound, value: Double(total)))
        }
        result.append(Sample(suffix: "_sum", value: Double(bitPattern: sum.load(ordering: .relaxed))))
        // The count is the sum of the same reading, so that it always equals the last bucket.
        result.append(Sample(suffix: "_count", value: Double(total)))
        return result
    }
}

/// A fixed number of atomic counts, which Swift's arrays cannot hold.
private final class AtomicCounts: @unchecked Sendable {
    // Sendable by hand: the pointer never changes, and what it points to is atomic.
    private let values: UnsafeMutablePointer<Atomic<Int>>
    private let count: Int

    init(count: Int) {
        self.count = count
        values = .allocate(capacity: count)
        for index in 0..<count { (values + index).initialize(to: Atomic(0)) }
    }

    deinit {
        values.deinitialize(count: count)
        values.deallocate()
    }

    func increment(_ index: Int) { values[index].wrappingAdd(1, ordering: .relaxed) }

    subscript(index: Int) -> Int { values[index].load(ordering: .relaxed) }
}
