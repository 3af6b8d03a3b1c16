/// Looks at the shop's events and at those that were set aside.
enum EventsCommand: Command {
    static let name = "events"
    static let summary =
        "follows the event log; publishes events again; lists, shows, edits, retries and drops dead letters"
    static let forms =
        [
            Form("tail", .none, "follows the event log", options: TailCommand.options, run: TailCommand.run),
            Republishing.form, LogAdoption.form,
        ]
        + DeadLettersCommand.forms
}
