/// A regular expression of the configuration. It works on Unicode scalars, so that a slash with a combining mark behind
/// it is a slash as it is to everybody else.
struct RegularExpression: @unchecked Sendable {  // never changed after it is made; a match keeps its state to itself
    let text: String
    private let expression: Regex<AnyRegexOutput>
    /// The names of its groups.
    let names: Set<String>

    init(_ text: String) throws {
        self.text = text
        expression = try Regex(text).matchingSemantics(.unicodeScalar)
        names = Set(
            text.split(separator: "(?<", omittingEmptySubsequences: false).dropFirst().map {
                String($0.prefix { $0 != ">" })
            })
    }

    /// Whether it matches the whole text, as Java's `String.matches` does.
    func matches(_ text: String) -> Bool { (try? expression.wholeMatch(in: text)) != nil }

    /// Replaces every match, as Java's `String.replaceAll` does.
    func replace(in text: String, with replacement: Replacement) -> String {
        text.replacing(expression) { match in
            replacement.parts.map { part in
                switch part {
                case .literal(let literal): literal
                case .name(let name): match.output[name]?.substring.map(String.init) ?? ""
                case .number(let index):
                    match.output.indices.contains(index) ? match.output[index].substring.map(String.init) ?? "" : ""
                }
            }.joined()
        }
    }
}

/// A replacement of Java's: `$1` and `${name}` stand for groups. `$\{name}` is the same, since YAML files of Spring
/// write it so, to keep Spring from reading a property into it.
struct Replacement: Sendable {
    enum Part: Sendable, Hashable {
        case literal(String)
        case name(String)
        case number(Int)
    }
    let parts: [Part]

    /// `nil` if a `$` names no group.
    init?(_ text: String) {
        var parts: [Part] = []
        var literal = ""
        var rest = text.replacing("$\\{", with: "${")[...]
        while let letter = rest.popFirst() {
            switch letter {
            case "\\":
                guard let next = rest.popFirst() else { return nil }
                literal.append(next)
            case "$":
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = ""
                if rest.first == "{" {
                    let name = rest.dropFirst().prefix { $0 != "}" }
                    guard !name.isEmpty, name.endIndex < rest.endIndex else { return nil }
                    parts.append(.name(String(name)))
                    rest = rest[name.endIndex...].dropFirst()
                } else {
                    guard let digit = rest.popFirst(), let number = Int(String(digit)) else { return nil }
                    parts.append(.number(number))
                }
            default: literal.append(letter)
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
    }

    var names: [String] {
        parts.compactMap { part in
            if case .name(let name) = part { name } else { nil }
        }
    }
}
