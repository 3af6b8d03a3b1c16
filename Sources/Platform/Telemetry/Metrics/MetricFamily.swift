import Synchronization

/// All metrics of one name, one for each combination of label values.
public final class MetricFamily<Child: Sendable>: Sendable {
    /// The bound on combinations: a label that takes more values than this is a mistake (an order's id, a path).
    public static var childrenLimit: Int { 1000 }

    /// The value that takes the place of every label's beyond `childrenLimit`.
    static var overflow: String { "other" }

    let name: String
    let help: String
    let shape: MetricShape
    private let make: @Sendable () -> Child
    private let children = Mutex<[[String]: Child]>([:])
    private let refusals = Atomic<Int>(0)

    init(name: String, help: String, shape: MetricShape, make: @escaping @Sendable () -> Child) {
        self.name = name
        self.help = help
        self.shape = shape
        self.make = make
    }

    /// The metric of these label values, in the order in which the labels were declared. Keep it where it is used
    /// often: it stays the same one.
    public func labelled(_ values: String...) -> Child { labelled(values) }

    public func labelled(_ values: [String]) -> Child {
        precondition(values.count == shape.labels.count, "\(name) has the labels \(shape.labels), not \(values.count)")
        return children.withLock { children in
            if let child = children[values] { return child }
            let isFull = children.count >= Self.childrenLimit && !values.isEmpty
            if isFull { refusals.wrappingAdd(1, ordering: .relaxed) }
            let key = isFull ? values.map { _ in Self.overflow } : values
            if let child = children[key] { return child }
            let child = make()
            children[key] = child
            return child
        }
    }

    /// How often a combination beyond the limit was counted under `other`.
    var overflows: Int { refusals.load(ordering: .relaxed) }

    func replace(_ child: Child, for values: [String]) {
        children.withLock { $0[values] = child }
    }

    var sortedChildren: [(labels: [String], child: Child)] {
        children.withLock { $0 }.map { (labels: $0.key, child: $0.value) }
            .sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
    }
}

/// A family without its type.
protocol AnyMetricFamily: Sendable {
    var shape: MetricShape { get }
    var overflows: Int { get }
    func render(into exposition: inout Exposition)
}

extension MetricFamily: AnyMetricFamily where Child: Metric {
    func render(into exposition: inout Exposition) {
        exposition.begin(name, help: help, kind: shape.kind)
        for (labels, child) in sortedChildren {
            for sample in child.samples { exposition.append(sample, labels: Array(zip(shape.labels, labels))) }
        }
    }
}

/// Prometheus' text format, version 0.0.4.
struct Exposition {
    private(set) var text = ""
    private var name = ""

    mutating func begin(_ name: String, help: String, kind: MetricKind) {
        self.name = name
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func append(_ sample: Sample, labels: [(String, String)]) {
        var labels = labels
        if let bound = sample.bound { labels.append(("le", Self.number(bound))) }
        text += name + sample.suffix
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }.joined(separator: ",") + "}"
        }
        text += " \(Self.number(sample.value))\n"
    }

    /// A count without a decimal point, everything else as Go's parser reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map { String($0) } ?? String(value)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func isName(_ name: String) -> Bool {
        isWord(name, also: ":")
    }

    static func isLabel(_ name: String) -> Bool {
        isWord(name, also: "_") && name != "le" && !name.hasPrefix("__")
    }

    private static func isWord(_ text: String, also extra: Unicode.Scalar) -> Bool {
        guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_" || $0 == extra
        }
    }
}
