import Kernel
import Synchronization

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
