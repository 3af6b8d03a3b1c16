import FoundationEssentials
import HTTP
import Kernel

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

/// `sambal events dead …`, over HTTP, at each service that consumes events.
enum DeadLettersCommand {
    static let forms = [
        Form("dead list", .none, "lists the dead letters of all services", options: listing, run: list),
        Form("dead show", .one("ID"), "shows one dead letter as JSON", options: finding, run: show),
        Form(
            "dead edit", .one("ID"), "changes the data of one dead letter",
            options: [Option("patch", "JSON", "the change to the event's data (JSON Merge Patch)"), .reason]
                + finding, run: edit
        ),
        Form(
            "dead retry", .one("ID|all"), "retries one dead letter, or all that the options select",
            options: [.reason] + choosing
        ) {
            try act($0, .post, "/retry")
        },
        Form(
            "dead drop", .one("ID|all"), "drops one dead letter, or all that the options select, for good",
            options: [.reason] + choosing
        ) {
            try act($0, .delete, "")
        },
    ]
    private static let finding = [
        Option("service", "NAME", "only dead letters of this service (default: all services)"), .config,
    ]
    private static let choosing =
        [
            Option("type", "TYPE", "only events of this type, for example sambal.order.OrderPaid.v1"),
            Option("subject", "ID", "only events about this order"),
            Option(
                "state", "STATE", "only those that failed, or only those that wait behind one",
                choices: ["failed", "waiting"]),
        ] + finding
    private static let listing =
        [Option("limit", "N", "how many of each service are listed, the oldest first (default: 20)"), .format]
        + choosing

    @Sendable private static func list(_ arguments: Arguments) throws {
        let limit = try arguments.integer("limit", default: 20, in: 1...1000)
        let found = try DeadLetterOffice(arguments).list(limit: limit)
        var table = Table([
            .init("SERVICE"), .init("ID", isFlexible: true), .init("STATE", isStatus: true),
            .init("TYPE", isFlexible: true),
            .init("SUBJECT", isFlexible: true), .init("TRIES"), .init("SET ASIDE", key: "setAsideAt"),
            .init("ERROR", isFlexible: true),
        ])
        for letter in found.letters {
            table.add(
                letter.service, letter.id, letter.state, letter.type, letter.subject, String(letter.tries),
                letter.setAsideAt, letter.error)
        }
        Console.write(try table.rendered(as: arguments.format))
        if found.total > found.letters.count, arguments.format == .table {
            Console.write("  … \(found.total) in all; --limit shows more\n")
        }
        for silent in found.silent { Console.error("sambal: \(silent)") }
        if !found.silent.isEmpty { throw ExitCode(code: ExitCode.unreachable) }
    }

    @Sendable private static func show(_ arguments: Arguments) throws {
        Console.write(try DeadLetterOffice(arguments).show(arguments.operands[0]) + "\n")
    }

    @Sendable private static func edit(_ arguments: Arguments) throws {
        guard let patch = arguments.string("patch") else { throw UsageError("edit needs --patch JSON") }
        Console.write(try DeadLetterOffice(arguments).edit(arguments.operands[0], Data(patch.utf8)) + "\n")
    }

    private static func act(_ arguments: Arguments, _ method: HTTPMethod, _ action: String) throws {
        let (office, id) = (try DeadLetterOffice(arguments), arguments.operands[0])
        let outcomes = try id == "all" ? office.onAll(method, action) : office.outcome(of: method, id, action)
        for outcome in outcomes { report(outcome) }
        if outcomes.contains(where: { !$0.failed.isEmpty }) { throw ExitCode(code: ExitCode.failure) }
    }

    private static func report(_ outcome: DeadLetterOffice.Outcome) {
        var words = ["\(outcome.handled) handled"]
        if outcome.dropped > 0 { words.insert("\(outcome.dropped) dropped", at: 0) }
        Console.write("  \(outcome.service): \(words.joined(separator: ", "))\n")
        for letter in outcome.failed {
            Console.error("sambal: \(letter.id) failed again: \(Printable.text(letter.error ?? "-"))")
        }
    }
}
