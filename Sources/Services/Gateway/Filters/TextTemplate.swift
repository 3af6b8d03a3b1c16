/// A text in which `{name}` stands for a variable of the route's patterns, as `SetPath` and the filters of headers have it.
///
/// A value is put in as it came, percent-encoded: it can hold no line break, and no slash that was none.
struct TextTemplate: Sendable {
    private enum Part: Sendable {
        case literal(String)
        case variable(String)
    }
    private let parts: [Part]

    init(_ text: String) {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            if open > rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
            parts.append(.variable(String(rest[rest.index(after: open)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    var names: [String] {
        parts.compactMap { part in
            if case .variable(let name) = part { name } else { nil }
        }
    }

    /// A variable that there is not stands for nothing.
    func expand(_ variables: [String: String]) -> String {
        if case .literal(let text)? = parts.first, parts.count == 1 { return text }
        return parts.map { part in
            switch part {
            case .literal(let text): text
            case .variable(let name): variables[name] ?? ""
            }
        }.joined()
    }
}
