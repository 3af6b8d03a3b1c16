import FoundationEssentials
import HTTP
import Kernel

/// `sambal events dead …`: over HTTP, to each service that hears events.
enum DeadLettersCommand {
    static let options = [
        Option("service", "NAME", "only what this service has set aside (default: all services)"),
        Option("type", "TYPE", "only events of this type, for example sambal.order.OrderPaid.v1"),
        Option("subject", "ID", "only events about this order"),
        Option("state", "STATE", "only those that are failed, or waiting behind one that is"),
        Option("limit", "N", "how many of each service are listed, the oldest first (default: 20)"),
        Option("patch", "JSON", "edit: what is to change in the event's data (JSON Merge Patch)"),
    ]
    private static let usage =
        "dead list | dead show ID | dead edit ID --patch JSON | dead retry ID|all | dead drop ID|all"

    static func run(_ arguments: Arguments) throws {
        let office = try DeadLetterOffice(arguments)
        let words = arguments.words.dropFirst()
        switch (words.first ?? "list", words.dropFirst().first, words.count) {
        case ("list", nil, 0...1):
            try list(office, limit: arguments.integer("limit", default: 20, in: 1...1000))
        case ("show", let id?, 2): Console.write(try office.show(id) + "\n")
        case ("edit", let id?, 2): try edit(id, arguments, office)
        case ("retry", "all", 2): try office.onAll(.post, "/retry").forEach(report)
        case ("drop", "all", 2): try office.onAll(.delete, "").forEach(report)
        case ("retry", let id?, 2): try office.outcome(of: .post, id, "/retry").forEach(report)
        case ("drop", let id?, 2): try office.outcome(of: .delete, id, "").forEach(report)
        default: throw UsageError("it is: sambal events \(usage)")
        }
    }

    private static func list(_ office: DeadLetterOffice, limit: Int) throws {
        let found = try office.list(limit: limit)
        var table = Table("SERVICE", "ID", "STATE", "TYPE", "SUBJECT", "TRIES", "SET ASIDE", "ERROR")
        for letter in found.letters {
            table.add(
                letter.service, letter.id, letter.state, letter.type, letter.subject, String(letter.tries),
                letter.setAsideAt, letter.error.map { String($0.prefix(80)) } ?? "-")
        }
        Console.write(table.text)
        if found.total > found.letters.count {
            Console.write("  … \(found.total) in all; --limit shows more\n")
        }
        for silent in found.silent { Console.error("sambal: \(silent)") }
        if !found.silent.isEmpty { throw ExitCode(code: 1) }
    }

    private static func edit(_ id: String, _ arguments: Arguments, _ office: DeadLetterOffice) throws {
        guard let patch = arguments.string("patch") else { throw UsageError("edit needs --patch JSON") }
        Console.write(try office.edit(id, Data(patch.utf8)) + "\n")
    }

    private static func report(_ outcome: DeadLetterOffice.Outcome) throws {
        var words = ["\(outcome.handled) handled"]
        if outcome.dropped > 0 { words.insert("\(outcome.dropped) dropped", at: 0) }
        Console.write("  \(outcome.service): \(words.joined(separator: ", "))\n")
        for letter in outcome.failed {
            Console.error("sambal: \(letter.id) failed again: \(letter.error ?? "-")")
        }
        if !outcome.failed.isEmpty { throw ExitCode(code: 1) }
    }
}
