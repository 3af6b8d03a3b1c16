/// How one type of value is read from text, shown, and named in an error.
struct ScalarKind<Value> {
    /// The words after "must be" in an error.
    let expected: String
    let parse: (String) -> Value?
    let show: (Value) -> String
    /// Whether a value may be a secret, if its key is named like one.
    var mayBeSecret = false

    /// The kind as a reference names it: `duration, from 1s to 1h`.
    var type: String {
        let text = expected.replacing(" such as 500ms, 2s or 1m", with: "")
        return text.hasPrefix("a ") ? String(text.dropFirst(2)) : text
    }
}

extension ScalarKind where Value == String {
    static func text(mayBeEmpty: Bool) -> ScalarKind {
        ScalarKind(
            expected: "text",
            parse: { mayBeEmpty || $0.contains { !$0.isWhitespace } ? $0 : nil }, show: { $0 }, mayBeSecret: true)
    }

    /// A path. Text of several lines or in PEM is refused: somebody gave the content of a file instead of its path.
    static var file: ScalarKind {
        ScalarKind(
            expected: "a file's path",
            parse: { text in
                let isPath = text.contains { !$0.isWhitespace } && !text.contains(where: \.isNewline)
                return isPath && !text.contains("-----BEGIN") ? text : nil
            }, show: { $0 })
    }

    static func word(of words: [String]) -> ScalarKind {
        ScalarKind(
            expected: "one of \(words.joined(separator: ", "))", parse: { words.contains($0) ? $0 : nil }, show: { $0 })
    }
}

extension ScalarKind where Value == Int {
    static func integer(in range: ClosedRange<Int>) -> ScalarKind {
        let expected =
            switch (range.lowerBound, range.upperBound) {
            case (.min, .max): "a whole number"
            case (let lower, .max): "a whole number of at least \(lower)"
            case (let lower, let upper): "a whole number from \(lower) to \(upper)"
            }
        return ScalarKind(
            expected: expected, parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } }, show: { String($0) })
    }
}

extension ScalarKind where Value == Double {
    static func number(in range: ClosedRange<Double>?) -> ScalarKind {
        ScalarKind(
            expected: range.map { "a number from \($0.lowerBound) to \($0.upperBound)" } ?? "a number",
            parse: { Double($0).flatMap { $0.isFinite && range?.contains($0) != false ? $0 : nil } },
            show: { String($0) })
    }
}

extension ScalarKind where Value == Bool {
    static var truth: ScalarKind {
        ScalarKind(
            expected: "true or false",
            parse: {
                switch $0.lowercased() {
                case "true", "yes", "on": true
                case "false", "no", "off": false
                default: nil
                }
            }, show: { String($0) })
    }
}

extension ScalarKind where Value == Duration {
    static func duration(in range: ClosedRange<Duration>?) -> ScalarKind {
        let limits = range.map { ", from \(DurationText.show($0.lowerBound)) to \(DurationText.show($0.upperBound))" }
        return ScalarKind(
            expected: "a duration such as 500ms, 2s or 1m" + (limits ?? ""),
            parse: { DurationText.read($0).flatMap { range?.contains($0) != false ? $0 : nil } },
            show: DurationText.show)
    }
}

extension ScalarKind where Value: RawRepresentable<String> & CaseIterable {
    static var oneCase: ScalarKind {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return ScalarKind(expected: "one of \(words)", parse: { Value(rawValue: $0) }, show: { $0.rawValue })
    }
}

/// Durations as people write them: `500ms`, `2s`, `1.5s`, `1m`, `24h`, `7d`.
public enum DurationText {
    /// The longest that is accepted.
    public static let limit = Duration.seconds(10_000 * 86_400)

    private static let units: [(name: String, seconds: Double, duration: Duration)] = [
        ("d", 86_400, .seconds(86_400)), ("h", 3600, .seconds(3600)), ("m", 60, .seconds(60)), ("s", 1, .seconds(1)),
        ("ms", 1e-3, .milliseconds(1)), ("us", 1e-6, .microseconds(1)), ("ns", 1e-9, .nanoseconds(1)),
    ]

    /// Reads a duration; `nil` if the text is something else, or says one that is negative or beyond `limit`.
    public static func read(_ text: String) -> Duration? {
        let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        let name = text.dropFirst(digits.count)
        guard let unit = units.first(where: { $0.name == name }), let number = Double(digits), number.isFinite,
            number * unit.seconds <= 10_000 * 86_400
        else { return nil }
        if let whole = Int(digits) { return unit.duration * whole }
        return .nanoseconds(Int64((number * unit.seconds * 1e9).rounded()))
    }

    /// Writes a duration in the largest unit that leaves a whole number.
    public static func show(_ duration: Duration) -> String {
        if duration == .zero { return "0s" }
        for unit in units {
            let count = Int64(duration / unit.duration)
            if count > 0, unit.duration * count == duration { return "\(count)\(unit.name)" }
        }
        return "\(duration / .seconds(1))s"
    }
}
