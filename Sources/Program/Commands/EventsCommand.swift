/// Commands on the event log and on dead letters.
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
