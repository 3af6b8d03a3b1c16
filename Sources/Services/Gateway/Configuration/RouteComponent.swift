import Configuration

/// A predicate or a filter as the configuration writes it: `StripPrefix=1`, or a section with `name` and `args`.
///
/// The short form's arguments stand behind `=`, with commas between them and blanks around them left out; each kind
/// says in which order its fields come (Spring Cloud Gateway reference, "Configuring Route Predicate Factories and
/// Gateway Filter Factories").
struct RouteComponent {
    let name: String
    private let item: ConfigurationItem
    private let positional: [String]
    private let named: [ConfigurationValue]
    private let isShort: Bool

    /// `nil` if the item has no name; that has been reported.
    init?(_ item: ConfigurationItem) {
        self.item = item
        switch item.content {
        case .text(let text):
            let equals = text.firstIndex(of: "=") ?? text.endIndex
            name = text[..<equals].trimmed
            let rest = equals == text.endIndex ? "" : text[text.index(after: equals)...]
            positional = rest.splitAtCommas.filter { !$0.isEmpty }
            named = []
            isShort = true
            guard !name.isEmpty else {
                item.report("must be a name, = and arguments, such as Path=/orders/**")
                return nil
            }
        case .section(let section):
            name = section.string("name")
            let values = section.section("args").values()
            // So Spring calls the arguments of the short form when it has none better.
            positional = values.filter { $0.key.hasPrefix("_genkey_") }.flatMap(\.texts)
            named = values.filter { !$0.key.hasPrefix("_genkey_") }
            isShort = false
        }
    }

    func report(_ message: String) { item.report("(\(name)) \(message)") }
    func warn(_ message: String) { item.warn("(\(name)) \(message)") }

    /// The arguments by the names of their fields. `gathers` lets the last field take all that is left.
    func arguments(_ fields: [String], gathers: Bool = false, more: [String] = []) -> ComponentArguments {
        var values: [String: [String]] = [:]
        var reports: [String: ConfigurationValue] = [:]
        for (index, text) in positional.enumerated() {
            if index < fields.count {
                values[fields[index]] = [text]
            } else if gathers, let last = fields.last {
                values[last]?.append(text)
            } else {
                report("has \(positional.count) arguments; it takes \(fields.isEmpty ? "none" : fields.listed)")
                break
            }
        }
        for value in named {
            // The indexes of a list that is written key by key are no part of its name.
            let key = Self.camel(value.key.split(separator: ".").filter { Int($0) == nil }.joined(separator: "."))
            guard fields.contains(key) || more.contains(key) else {
                value.report("is no argument of \(name); it has \((fields + more).listed)")
                continue
            }
            values[key, default: []] += value.texts
            reports[key] = value
        }
        return ComponentArguments(component: self, values: values, places: reports)
    }

    private static func camel(_ key: String) -> String {
        var result = ""
        var isUpper = false
        for letter in key {
            if letter == "-" {
                isUpper = true
            } else {
                result += isUpper ? letter.uppercased() : String(letter)
                isUpper = false
            }
        }
        return result
    }
}

extension [String] {
    /// For people: `a, b, c`.
    var listed: String { isEmpty ? "none" : joined(separator: ", ") }
}

extension StringProtocol {
    /// At commas that stand in no braces, as those of `\d{1,2}` do.
    var splitAtCommas: [String] {
        var parts = [""]
        var depth = 0
        for letter in self {
            if letter == "{" { depth += 1 }
            if letter == "}" { depth -= 1 }
            if letter == ",", depth <= 0 {
                parts.append("")
            } else {
                parts[parts.count - 1].append(letter)
            }
        }
        // Braces that do not belong together keep nothing together.
        return (depth == 0 ? parts : split(separator: ",").map { String($0) }).map(\.trimmed)
    }

    /// Without blanks at both ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
