import Configuration
import Kernel
import Tokens

/// Makes, lists and revokes the API keys that the gateway takes.
enum APIKeyCommand: Command {
    static let name = "apikey"
    static let summary = "makes, lists and revokes API keys: how programs show the gateway who they are"
    static let forms = [
        Form(
            "create", .one("NAME"), "makes a key for a caller, and shows it this once",
            options: [
                Option("roles", "ROLES", "the roles of the caller, separated by commas (default: none)"),
                Option("expires", "TIME", "how long the key is valid, for example 90d (default: until it is revoked)"),
                Option(
                    "rate-class", "NAME",
                    "one of the gateway's access.rateClasses (default: the rates of the routes hold)"),
            ] + common, run: create),
        Form(
            "list", .none, "lists all keys, without what is secret of them", options: common, isDefault: true, run: list
        ),
        Form(
            "revoke", .several("ID"), "revokes keys for good; a running gateway refuses them within 3 seconds",
            options: [.data, file], run: revoke),
    ]
    private static let file = Option(
        "file", "FILE",
        "the file of keys, as the gateway's access.apiKeysFile (default: apikeys.json in the data folder)")
    private static let common = [.format, .data, file]

    @Sendable private static func create(_ arguments: Arguments) throws {
        let now = Timestamp.ofSystem
        let (key, record) = try APIKeyFile(arguments, mayCreate: true).create(
            try APIKeyRequest(arguments), at: now, random: { SystemRandomNumberGenerator.number() })
        guard arguments.format == .table else {
            var made = table([.init("KEY")])
            add(record, to: &made, at: now, [key.text])
            return Console.write(try made.rendered(as: .json))
        }
        var made = table()
        add(record, to: &made, at: now)
        Console.write(
            made.text + "\nThe key, which is shown this once and kept nowhere; requests have it in X-API-Key:\n\n"
                + key.text + "\n")
    }

    @Sendable private static func list(_ arguments: Arguments) throws {
        let now = Timestamp.ofSystem
        var known = table()
        for record in try APIKeyFile(arguments).read().records { add(record, to: &known, at: now) }
        Console.write(try known.rendered(as: arguments.format))
    }

    @Sendable private static func revoke(_ arguments: Arguments) throws {
        for line in try APIKeyFile(arguments).revoke(arguments.operands, at: .ofSystem) { Console.write(line + "\n") }
    }

    private static func table(_ more: [Table.Column] = []) -> Table {
        Table(
            [
                .init("ID"), .init("NAME"), .init("STATE", isStatus: true), .init("ROLES", isFlexible: true),
                .init("RATE CLASS", key: "rateClass"), .init("CREATED", key: "createdAt"),
                .init("EXPIRES", key: "expiresAt"), .init("REVOKED", key: "revokedAt"),
            ] + more)
    }

    private static func add(
        _ record: APIKeyRecord, to table: inout Table, at now: Timestamp, _ more: [String] = []
    ) {
        table.add(
            cells: [
                record.id, record.name, record.state(at: now).rawValue,
                record.roles.isEmpty ? nil : record.roles.joined(separator: ","), record.rateClass,
                record.createdAt.description, record.expiresAt?.description, record.revokedAt?.description,
            ] + more)
    }
}

/// The key that the options of `sambal apikey create` ask for.
struct APIKeyRequest: Sendable {
    let name: String
    let roles: [String]
    let rateClass: String?
    let lifetime: Duration?

    init(_ arguments: Arguments) throws {
        let words = "1 to 64 ASCII letters, digits and ._@:/+-"
        name = arguments.operands[0]
        guard APIKeyRecord.isName(name) else { throw UsageError("NAME must be \(words), not \(name)") }
        rateClass = arguments.string("rate-class")
        if let rateClass, !APIKeyRecord.isName(rateClass) {
            throw UsageError("--rate-class must be \(words), not \(rateClass)")
        }
        roles = (arguments.string("roles") ?? "").split { $0 == "," || $0 == " " }.map(String.init)
        if let wrong = roles.first(where: { !APIKeyRecord.isRole($0) }) {
            throw UsageError("--roles must be of visible ASCII characters without quotation marks, not \(wrong)")
        }
        guard roles.count <= APIKeyLimits.roles else {
            throw UsageError("--roles must be at most \(APIKeyLimits.roles)")
        }
        let text = arguments.string("expires")
        lifetime = text.flatMap(DurationText.read)
        if let text, lifetime.map({ $0 > .zero }) != true {
            throw UsageError("--expires must be a duration such as 12h or 90d, not \(text)")
        }
    }
}
