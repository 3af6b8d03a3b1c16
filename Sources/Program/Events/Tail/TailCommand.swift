import FoundationEssentials
import Glibc
import Kernel
import Runtime
import ServiceHost
import Telemetry

/// `sambal events tail`: follows the event log that the configuration names, beside the services that work with it.
enum TailCommand {
    static let options = [
        Option("type", "TYPE", "only events of this type, for example OrderPaid"),
        Option("key", "ID", "only events about this order"),
        Option("since", "TIME", "events since this time (RFC 3339), or `begin` (default: from now on)"),
        Option("format", "FORMAT", "json or table (default: table at a terminal)", choices: ["json", "table"]),
        Option("events", "N", "ends after this number of events (default: at Ctrl-C)"),
        .data, .config,
    ]

    @Sendable static func run(_ arguments: Arguments) throws {
        let settings = try arguments.settings(data: arguments.data, transport: .sockets)
        let types = try types(arguments)
        let start = try TailStart(arguments.string("since"))
        let format = arguments.string("format") ?? (Console.isTerminal ? "table" : "json")
        guard let printer = TailPrinter(format) else {
            throw UsageError("--format must be json or table, not \(format)")
        }
        let limit = try arguments.integer("events", default: .max, in: 1...(.max))
        if case .embedded = settings.events, access(arguments.data + "/events.db", R_OK) != 0 {
            throw UsageError("there is no event log in the data folder \(arguments.data)")
        }
        StopSignals.block()
        let (data, key) = (arguments.data, arguments.string("key"))
        try withLoop { loop in
            let log = Logger(
                label: "sambal", logLevel: settings.logLevel, sink: StandardErrorSink(format: settings.logFormat),
                now: { loop.now })
            let opened = try settings.events.open(data: data, loop: loop, log: log)
            let tail = EventTail(types: types, key: key, limit: limit, identity: loop.random(), print: printer.print)
            printer.begin()
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await tail.run(on: opened.log, from: start, loop: loop)) } catch {
                outcome = .failure(error)
            }
            await opened.close()
            try outcome.get()
        }
    }

    private static func types(_ arguments: Arguments) throws -> Set<String> {
        let all = Set(Catalogue.outlines.flatMap(\.publishes))
        guard let wanted = arguments.string("type") else { return all }
        // `OrderPaid` is enough if only one type has that name.
        let meant = all.filter { $0 == wanted || EventStormingBoard.shortName(ofEvent: $0) == wanted }
        guard !meant.isEmpty else {
            throw UsageError("--type must be one of \(all.sorted().joined(separator: ", ")), not \(wanted)")
        }
        return meant
    }
}

/// The position at which a tail starts.
enum TailStart: Sendable {
    case begin, now
    case time(Timestamp)

    init(_ text: String?) throws {
        switch text {
        case nil, "now": self = .now
        case "begin": self = .begin
        case let text?:
            guard let time = Timestamp(text) else {
                throw UsageError("--since must be begin, now, or a time such as 2026-01-31T08:15:30Z, not \(text)")
            }
            self = .time(time)
        }
    }
}
