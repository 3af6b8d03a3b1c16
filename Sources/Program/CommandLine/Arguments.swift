/// The words after a command's name, as that command declares them.
struct Arguments: Sendable {
    let words: [String]
    private let values: [String: String]

    init(_ arguments: [String], of command: any Command.Type) throws {
        var (words, values) = ([String](), [String: String]())
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                words.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
            guard let name = parts.first, command.options.contains(where: { $0.name == name }) else {
                throw UsageError("\(command.name) has no option \(argument); see sambal \(command.name) --help")
            }
            guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
                throw UsageError("--\(name) needs a value")
            }
            values[name] = value
        }
        self.words = words
        self.values = values
    }

    func string(_ name: String) -> String? { values[name] }

    func integer(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = values[name] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "--\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        return number
    }

    func none(for command: any Command.Type) throws {
        guard words.isEmpty else { throw UsageError("\(command.name) takes no \(words[0])") }
    }
}

/// The program was called wrongly.
struct UsageError: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
