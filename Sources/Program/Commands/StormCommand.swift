/// Prints the event-storming board.
enum StormCommand: Command {
    static let name = "storm"
    static let summary = "prints the event-storming board, as the services declare themselves"
    static let usage = "[--format mermaid|svg]"
    static let options = [Option("format", "FORMAT", "mermaid or svg (default: mermaid)")]

    static func run(_ arguments: Arguments) throws {
        try arguments.none(for: Self.self)
        let format = arguments.string("format") ?? "mermaid"
        guard ["mermaid", "svg"].contains(format) else {
            throw UsageError("--format must be mermaid or svg, not \(format)")
        }
        let board = try StormBoard.ofTheShop()
        Console.write(format == "svg" ? board.svg : board.mermaid)
    }
}
