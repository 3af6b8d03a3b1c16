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
