/// The operands and options of a call, as its form declares them.
struct Arguments: Sendable {
    let operands: [String]
    private let values: [String: String]

    /// None.
    init() { (operands, values) = ([], [:]) }

    /// Throws `UsageError` if an option is unknown, lacks its value, is given twice or has an impossible value, or if the
    /// number of operands is wrong.
    init(_ words: ArraySlice<String>, of form: Form, command: String) throws {
        var (operands, values) = ([String](), [String: String]())
        var rest = words
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("--") else {
                operands.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = form.options.first(where: { $0.name == name }) else {
                let call = ([command] + form.words).joined(separator: " ")
                throw UsageError("\(call) has no option --\(name); see sambal \(call) --help")
            }
            guard values[name] == nil else { throw UsageError("--\(name) is given twice") }
            if option.value == nil {
                guard parts.count == 1 else { throw UsageError("--\(name) takes no value") }
                values[name] = ""
                continue
            }
            guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
                throw UsageError("--\(name) needs a value")
            }
            guard option.choices.isEmpty || option.choices.contains(value) else {
                throw UsageError("--\(name) must be \(option.choices.joined(separator: ", ")), not \(value)")
            }
            values[name] = value
        }
        guard form.operands.accepts(operands.count) else {
            throw UsageError("usage: \(form.synopsis(of: command)); see sambal \(command) --help")
        }
        self.operands = operands
        self.values = values
    }

    func string(_ name: String) -> String? { values[name] }

    func isGiven(_ name: String) -> Bool { values[name] != nil }

    func integer(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = values[name] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "--\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        return number
    }

    /// The value of `--format`.
    var format: OutputFormat { string("format").flatMap(OutputFormat.init) ?? .table }
}
