/// Looks at the shop's events and, where a person has to, at those that were set aside.
enum EventsCommand: Command {
    static let name = "events"
    static let summary = "follows the event log; lists, shows, edits, retries and drops dead letters"
    static let usage =
        "tail [--type TYPE] [--key ID] [--since TIME] | dead list|show|edit|retry|drop [ID|all] [--service NAME] …"
    static let options = DeadLettersCommand.options + TailCommand.options + [Option.data, .config]

    static func run(_ arguments: Arguments) throws {
        switch arguments.words.first {
        case "tail": try TailCommand.run(arguments)
        case "dead": try DeadLettersCommand.run(arguments)
        default: throw UsageError("it is: sambal events \(usage)")
        }
    }
}
