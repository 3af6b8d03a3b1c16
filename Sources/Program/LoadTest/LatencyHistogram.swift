/// Counts of latencies in classes whose width grows with the latency, as HDR Histogram has them: each value is kept to
/// within 1.6 %, in memory that does not depend on how many there are.
struct LatencyHistogram: Sendable {
    /// Values below this many microseconds have a class each.
    private static let exact = 128
    private static let halfBits = 6
    private var counts: [Int] = []
    private(set) var count = 0
    private(set) var total: Int64 = 0
    private(set) var minimum: Int64 = .max
    private(set) var maximum: Int64 = 0

    mutating func record(microseconds value: Int64) {
        let value = max(0, value)
        let index = Self.index(of: value)
        if index >= counts.count { counts += Array(repeating: 0, count: index + 1 - counts.count) }
        counts[index] += 1
        count += 1
        total += value
        minimum = min(minimum, value)
        maximum = max(maximum, value)
    }

    mutating func merge(_ other: LatencyHistogram) {
        if other.counts.count > counts.count {
            counts += Array(repeating: 0, count: other.counts.count - counts.count)
        }
        for (index, number) in other.counts.enumerated() { counts[index] += number }
        count += other.count
        total += other.total
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }

    /// The latency, in microseconds, that a share of all is not above; `nil` without values. The upper bound of its class,
    /// so that a percentile is never reported as better than it was.
    func percentile(_ share: Double) -> Int64? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        for (index, number) in counts.enumerated() {
            seen += number
            if seen >= rank { return min(Self.upperBound(of: index), maximum) }
        }
        return maximum
    }

    /// In microseconds; `nil` without values.
    var mean: Double? { count > 0 ? Double(total) / Double(count) : nil }

    /// The class of a value: exact below 128, and 64 classes for each doubling above.
    static func index(of value: Int64) -> Int {
        guard value >= exact else { return Int(value) }
        let shift = (Int64.bitWidth - 1 - value.leadingZeroBitCount) - halfBits
        return (shift << halfBits) + Int(value >> Int64(shift))
    }

    static func upperBound(of index: Int) -> Int64 {
        guard index >= exact else { return Int64(index) }
        let shift = (index >> halfBits) - 1
        let mantissa = Int64(index - (shift << halfBits))
        return ((mantissa + 1) << Int64(shift)) - 1
    }
}
