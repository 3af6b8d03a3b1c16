import Configuration
import FoundationEssentials
import HTTP
import Kernel
import ServiceHost

/// Lists the audit log of all services, and verifies its chains.
enum AuditCommand: Command {
    static let name = "audit"
    static let summary = "lists who did what to which records, and verifies that the audit log is whole"
    static let forms = [
        Form(
            "list", .none, "lists audited operations, the latest first", options: listing + common, isDefault: true,
            run: list),
        Form(
            "verify", .none, "walks every chain of records and names the first one that is missing or was altered",
            options: [
                Option(
                    "expect", "NUMBER:HASH", "a record that the chain of --service must have, from a log for example")
            ] + common, run: verify),
    ]
    private static let listing = [
        Option("who", "NAME", "only operations of this caller: a user, or the name of an API key"),
        Option("subject", "NAME", "the same as --who"),
        Option("about", "ID", "only operations about this order, payment, saga, task, key, …"),
        Option("operation", "NAME", "only this operation, for example order.refund"),
        Option("since", "TIME", "only from this time on: RFC 3339, or as long ago as 12h or 7d"),
        Option("limit", "N", "how many are listed (default: 20)"), .format,
    ]
    private static let common = [
        Option("service", "NAME", "only this service's log; apikeys for that of API keys (default: all)"),
        Option("offline", nil, "reads the databases of the configuration, whether the shop runs or not"), .data,
        .config,
    ]

    @Sendable private static func list(_ arguments: Arguments) throws {
        let limit = try arguments.integer("limit", default: 20, in: 1...1000)
        let query = try query(arguments)
        let found = try AuditOffice.run(arguments) { office in
            var (entries, silent) = ([(service: String, entry: AuditEntry)](), [String]())
            for place in office.places {
                do {
                    entries += try await office.list(place, query, limit: limit).map { (place.name, $0) }
                } catch let error as Unreachable {
                    silent.append("\(place.name): \(error.message)")
                }
            }
            return (entries, silent)
        }
        // A record that nobody can read stands first: it has no time.
        let latest = found.0.sorted { ($0.entry.record?.time ?? .latest) > ($1.entry.record?.time ?? .latest) }
        let shown = Array(latest.prefix(limit))
        Console.write(arguments.format == .json ? try json(shown) : table(shown).text)
        if found.0.count > shown.count, arguments.format == .table {
            Console.write("  … there are more; --limit shows them\n")
        }
        for silent in found.1 { Console.error("sambal: \(silent)") }
        if !found.1.isEmpty { throw ExitCode(code: ExitCode.unreachable) }
    }

    private static func query(_ arguments: Arguments) throws -> [String] {
        guard arguments.string("who") == nil || arguments.string("subject") == nil else {
            throw UsageError("--who and --subject are the same; give one of them")
        }
        var query = [("who", arguments.string("who") ?? arguments.string("subject"))]
        query += ["about", "operation"].map { ($0, arguments.string($0)) }
        if let text = arguments.string("since") {
            guard let time = Timestamp(text) ?? DurationText.read(text).map({ Timestamp.ofSystem - $0 }) else {
                throw UsageError(
                    "--since must be a time such as 2026-01-31T12:00:00Z, or a duration such as 7d, not \(text)")
            }
            query.append(("since", time.description))
        }
        return query.compactMap { name, value in value.map { "\(name)=\(QueryString.encode($0))" } }
    }

    private static func table(_ entries: [(service: String, entry: AuditEntry)]) -> Table {
        var table = Table([
            .init("SERVICE"), .init("NUMBER"), .init("TIME"), .init("WHO", isFlexible: true), .init("OPERATION"),
            .init("ABOUT", isFlexible: true), .init("CHANGED", isFlexible: true), .init("REASON", isFlexible: true),
        ])
        for (service, entry) in entries {
            guard let record = entry.record else {
                table.add(service, entry.id, nil, nil, "cannot be read: run sambal audit verify")
                continue
            }
            table.add(
                service, String(record.number), record.time.description, record.who, record.operation,
                record.about.prefix(3).joined(separator: ", ") + (record.about.count > 3 ? ", …" : ""),
                changed(record), record.reason)
        }
        return table
    }

    /// The first values that were changed, in a few words.
    private static func changed(_ record: AuditRecord) -> String {
        var words: [String] = []
        for change in record.changes where words.count < 3 {
            guard let before = change.before else {
                words.append("+\(change.collection)")
                continue
            }
            guard let after = change.after else {
                words.append("-\(change.collection)")
                continue
            }
            let names = Set(before.keys).union(after.keys).subtracting(["version"]).sorted()
            for name in names.prefix(3 - words.count) {
                words.append("\(name): \(text(before[name])) → \(text(after[name]))")
            }
        }
        return words.joined(separator: "; ")
    }

    private static func text(_ value: JSONDocument?) -> String {
        guard let value else { return "-" }
        if case .text(let text) = value { return text }
        return (try? JSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "-"
    }

    private static func json(_ entries: [(service: String, entry: AuditEntry)]) throws -> String {
        String(decoding: try JSON.encode(entries.map(\.entry)), as: UTF8.self) + "\n"
    }

    @Sendable private static func verify(_ arguments: Arguments) throws {
        let expected = try expected(arguments)
        let report = try AuditOffice.run(arguments) { try await AuditVerification($0, expected: expected).run() }
        for line in report.lines { Console.write(line + "\n") }
        for fault in report.faults { Console.error("sambal: \(fault)") }
        for silent in report.silent { Console.error("sambal: \(silent)") }
        if !report.faults.isEmpty { throw ExitCode(code: ExitCode.failure) }
        if !report.silent.isEmpty { throw ExitCode(code: ExitCode.unreachable) }
    }

    private static func expected(_ arguments: Arguments) throws -> AuditHead? {
        guard let text = arguments.string("expect") else { return nil }
        guard arguments.string("service") != nil else { throw UsageError("--expect needs --service") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int64(parts[0]), number > 0, parts[1].utf8.count == 64 else {
            throw UsageError("--expect must be NUMBER:HASH, as the log tells them, not \(text)")
        }
        return AuditHead(number: number, hash: String(parts[1]))
    }
}
