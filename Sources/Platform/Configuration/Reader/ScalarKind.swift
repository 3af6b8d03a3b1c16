/// How one type of value is read from text, shown, and named in an error.
struct ScalarKind<Value> {
    /// The end of "must be …".
    let expected: String
    let parse: (String) -> Value?
    let show: (Value) -> String

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
            parse: { mayBeEmpty || $0.contains { !$0.isWhitespace } ? $0 : nil }, show: { $0 })
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
