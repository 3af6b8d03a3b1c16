/// One time series (or, for a histogram, its bundle of them).
protocol Metric: AnyObject, Sendable {
    /// What it reads now.
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

/// What two registrations of one name must agree about.
struct MetricShape: Sendable, Hashable, CustomStringConvertible {
    var kind: MetricKind
    var labels: [String]
    var bounds: [Double] = []

    var description: String {
        kind.rawValue + (labels.isEmpty ? "" : " with labels \(labels.joined(separator: ", "))")
            + (bounds.isEmpty ? "" : " with buckets \(bounds)")
    }
}
