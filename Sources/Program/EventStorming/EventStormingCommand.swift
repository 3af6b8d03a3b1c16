/// Prints the event-storming board.
enum EventStormingCommand: Command {
    static let name = "event-storming"
    static let earlierNames = ["storm"]
    static let summary = "prints the event-storming board, drawn from the declarations of the services"
    static let forms = [
        Form(
            "", .none, summary,
            options: [
                Option("format", "FORMAT", "mermaid or svg (default: mermaid)", choices: ["mermaid", "svg"])
            ], run: run)
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let format = arguments.string("format") ?? "mermaid"
        let board = EventStormingBoard.ofTheShop
        Console.write(format == "svg" ? board.svg : board.mermaid)
    }
}
