import Synchronization

/// The metrics of a process or of a service.
///
/// Two registrations of one name with the same shape (kind, labels, buckets) share one metric; with another shape they
/// are a mistake in the program, and trap.
public final class MetricsRegistry: Sendable {
    private struct State {
        var families: [String: any AnyMetricFamily] = [:]
        var collectors: [@Sendable () -> [CollectedMetric]] = []
    }
    private let state = Mutex(State())

    public init() {}

    /// The name ends in `_total`.
    public func counter(_ name: String, help: String) -> Counter {
        counter(name, help: help, labels: []).labelled()
    }

    public func counter(_ name: String, help: String, labels: [String]) -> MetricFamily<Counter> {
        family(name, help, MetricShape(kind: .counter, labels: labels)) { Counter() }
    }

    public func gauge(_ name: String, help: String) -> Gauge {
        gauge(name, help: help, labels: []).labelled()
    }

    public func gauge(_ name: String, help: String, labels: [String]) -> MetricFamily<Gauge> {
        family(name, help, MetricShape(kind: .gauge, labels: labels)) { Gauge() }
    }

    /// A gauge that is asked when the metrics are: `read` runs on the thread that renders them and must not wait.
    /// A second one with the same labels takes the first one's place.
    public func gauge(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double
    ) {
        gauge(name, help: help, labels: labels.map(\.key)).replace(Gauge(read: read), for: labels.map(\.value))
    }

    /// `buckets` are upper bounds in base units (seconds).
    public func histogram(_ name: String, help: String, buckets: [Double] = Histogram.latencyBuckets) -> Histogram {
        histogram(name, help: help, labels: [], buckets: buckets).labelled()
    }

    public func histogram(
        _ name: String, help: String, labels: [String], buckets: [Double] = Histogram.latencyBuckets
    ) -> MetricFamily<Histogram> {
        let ascends = !buckets.isEmpty && zip(buckets, buckets.dropFirst()).allSatisfy(<)
        precondition(ascends, "the buckets of \(name) must ascend")
        return family(name, help, MetricShape(kind: .histogram, labels: labels, bounds: buckets)) {
            Histogram(bounds: buckets)
        }
    }

    /// Adds a source of numbers that are only known when asked for, such as the process's.
    public func collect(_ collector: @escaping @Sendable () -> [CollectedMetric]) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// The `Content-Type` of `render()`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Everything in Prometheus' text format 0.0.4, sorted by name.
    public func render() -> String {
        let (families, collectors) = state.withLock { ($0.families, $0.collectors) }
        var exposition = Exposition()
        for (_, family) in families.sorted(by: { $0.key < $1.key }) { family.render(into: &exposition) }
        let overflowing = families.filter { $0.value.overflows > 0 }.sorted { $0.key < $1.key }
        if !overflowing.isEmpty {
            exposition.begin(
                "sambal_metrics_overflows_total", help: "Observations counted under other, for lack of room.",
                kind: .counter)
            for (name, family) in overflowing {
                exposition.append(Sample(value: Double(family.overflows)), labels: [("metric", name)])
            }
        }
        for metric in collectors.flatMap({ $0() }) {
            exposition.begin(metric.name, help: metric.help, kind: metric.kind)
            exposition.append(Sample(value: metric.value), labels: [])
        }
        return exposition.text
    }

    private func family<Child: Metric>(
        _ name: String, _ help: String, _ shape: MetricShape, make: @escaping @Sendable () -> Child
    ) -> MetricFamily<Child> {
        precondition(Exposition.isName(name), "\(name) is not a name for a metric")
        precondition(shape.labels.allSatisfy(Exposition.isLabel), "\(name): \(shape.labels) are not names for labels")
        return state.withLock { state in
            guard let known = state.families[name] else {
                let family = MetricFamily(name: name, help: help, shape: shape, make: make)
                state.families[name] = family
                return family
            }
            guard known.shape == shape, let family = known as? MetricFamily<Child> else {
                fatalError("metric \(name) is registered as \(known.shape) and again as \(shape)")
            }
            return family
        }
    }
}

/// A number that a collector gives.
public struct CollectedMetric: Sendable, Hashable {
    public let name: String
    public let help: String
    public let kind: MetricKind
    public let value: Double

    public init(_ name: String, help: String, kind: MetricKind, value: Double) {
        self.name = name
        self.help = help
        self.kind = kind
        self.value = value
    }
}
