/// Looks at the shop's events and at those that were set aside.
enum EventsCommand: Command {
    static let name = "events"
    static let summary = "follows the event log; lists, shows, edits, retries and drops dead letters"
    static let forms =
        [Form("tail", .none, "follows the event log", options: TailCommand.options, run: TailCommand.run)]
        + DeadLettersCommand.forms
}
