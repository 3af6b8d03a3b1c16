/// Prints a completion script for a shell.
enum CompletionCommand: Command {
    static let name = "completion"
    static let summary = "prints a completion script for a shell"
    static let forms = [Form("", .one("bash|zsh|fish"), summary, run: run)]

    @Sendable private static func run(_ arguments: Arguments) throws {
        guard let shell = Completion(rawValue: arguments.operands[0]) else {
            throw UsageError(
                "there is completion for \(Completion.allCases.map(\.rawValue).joined(separator: ", ")), not "
                    + arguments.operands[0])
        }
        Console.write(shell.script)
    }
}

/// Prints the reference of all commands.
enum ManualCommand: Command {
    static let name = "manual"
    static let summary = "prints the manual page of all commands"
    static let forms = [
        Form(
            "", .none, summary,
            options: [
                Option(
                    "format", "FORMAT", "man or markdown (default: man)", choices: ["man", "markdown"])
            ], run: run)
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        Console.write(arguments.string("format") == "markdown" ? Manual.markdown : Manual.page)
    }
}
