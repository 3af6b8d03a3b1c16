/// Prints the event-storming board.
enum StormCommand: Command {
    static let name = "storm"
    static let summary = "prints the event-storming board, as the services declare themselves"
    static let forms = [
        Form(
            "", .none, summary,
            options: [
                Option("format", "FORMAT", "mermaid or svg (default: mermaid)", choices: ["mermaid", "svg"])
            ], run: run)
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let format = arguments.string("format") ?? "mermaid"
        let board = try StormBoard.ofTheShop()
        Console.write(format == "svg" ? board.svg : board.mermaid)
    }
}
