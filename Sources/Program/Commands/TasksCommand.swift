import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import ServiceHost

/// Lists the operator tasks of all services, and resolves one.
enum TasksCommand: Command {
    static let name = "tasks"
    static let summary = "lists, shows and resolves operator tasks: decisions that only a person can make"
    static let forms = [
        Form("list", .none, "lists tasks, the oldest first", options: listing, isDefault: true, run: list),
        Form("show", .one("ID"), "shows one task as JSON", options: [.config]) {
            Console.write(try OperatorDesk($0).show($0.operands[0]) + "\n")
        },
        Form("resolve", .one("ID"), "resolves one task", options: deciding, run: resolve),
    ]
    private static let listing = [
        Option("state", "STATE", "open, resolved or all (default: open)", choices: ["open", "resolved", "all"]),
        Option("kind", "KIND", "only tasks of this kind, for example REFUND_REFUSED"),
        Option("order", "ID", "only tasks about this order"),
        Option("limit", "N", "how many of each service are listed (default: 20)"), .format, .config,
    ]
    private static let deciding = [
        Option("action", "ACTION", "one of the task's actions"), Option("by", "NAME", "who decides"),
        Option("reason", "TEXT", "why"), Option("payment", "ID", "the payment that a movement belongs to (adopt)"),
        .config,
    ]

    /// The body that is sent to the service that has the task.
    static func decision(_ arguments: Arguments) throws -> [String: String] {
        var decision: [String: String] = [:]
        for name in ["action", "by", "reason"] {
            guard let given = arguments.string(name) else {
                throw UsageError("resolve needs --action, --by and --reason")
            }
            decision[name] = given
        }
        decision["paymentId"] = arguments.string("payment")
        return decision
    }

    @Sendable private static func resolve(_ arguments: Arguments) throws {
        let answer = try OperatorDesk(arguments).resolve(arguments.operands[0], decision(arguments))
        Console.write(answer + "\n")
    }

    @Sendable private static func list(_ arguments: Arguments) throws {
        let state = arguments.string("state") ?? "open"
        let limit = try arguments.integer("limit", default: 20, in: 1...1000)
        let found = try OperatorDesk(arguments).list(
            state: state == "all" ? nil : state.uppercased(), kind: arguments.string("kind"),
            order: arguments.string("order"), limit: limit)
        var table = Table([
            .init("SERVICE"), .init("ID", isFlexible: true), .init("STATE", isStatus: true),
            .init("ORDER", isFlexible: true), .init("OPENED", key: "openedAt"), .init("ACTIONS", isFlexible: true),
            .init("RESOLVED", isFlexible: true),
        ])
        for (service, task) in found.tasks {
            table.add(
                service, task.id, task.state, task.orderId, task.openedAt,
                task.actions.map(\.name).joined(separator: ", "),
                task.resolution.map { "\($0) by \(task.resolvedBy ?? "-")" })
        }
        Console.write(try table.rendered(as: arguments.format))
        if found.total > found.tasks.count, arguments.format == .table {
            Console.write("  … \(found.total) in all; --limit shows more\n")
        }
        for silent in found.silent { Console.error("sambal: \(silent)") }
        if !found.silent.isEmpty { throw ExitCode(code: ExitCode.unreachable) }
    }
}

/// The services that have operator tasks.
struct OperatorDesk: Sendable {
    struct Task: Decodable, Sendable {
        struct Action: Decodable, Sendable {
            let name: String
        }
        let id: String
        let version: Int64
        let state: String
        let orderId: String?
        let openedAt: String
        let actions: [Action]
        let resolution: String?
        let resolvedBy: String?
    }
    private struct Page: Decodable {
        struct Embedded: Decodable { let tasks: [Task] }
        struct Numbers: Decodable { let totalElements: Int }
        let _embedded: Embedded
        let page: Numbers
    }
    private let places: [(service: String, url: String)]

    init(_ arguments: Arguments) throws {
        let settings = try arguments.settings(data: "data", transport: .sockets)
        places = Catalogue.outlines.filter { $0.commands.contains { $0.path == "/tasks/{id}/resolution" } }
            .map { ($0.name, settings.place(of: $0.name).url + "/tasks") }
    }

    /// `silent` has the reason of each service that did not answer.
    func list(
        state: String?, kind: String?, order: String?, limit: Int
    ) throws -> (tasks: [(String, Task)], total: Int, silent: [String]) {
        let query = [
            ("state", state), ("kind", kind), ("orderId", order), ("size", String(limit)), ("sort", "openedAt"),
        ]
        .compactMap { name, value in value.map { "\(name)=\(QueryString.encode($0))" } }.joined(separator: "&")
        return try withClient { _, client in
            var (tasks, total, silent) = ([(String, Task)](), 0, [String]())
            for place in places {
                do {
                    let response = try await client.send(
                        OutboundRequest(method: .get, url: "\(place.url)?\(query)", timeout: .seconds(60)))
                    // A kind that this service does not have.
                    if response.status == 400, kind != nil { continue }
                    guard response.isSuccess else {
                        silent.append("\(place.service) answered \(response.status)")
                        continue
                    }
                    let page = try JSON.decode(Page.self, from: response.body)
                    tasks += page._embedded.tasks.map { (place.service, $0) }
                    total += page.page.totalElements
                } catch let error as TransportError {
                    silent.append("\(place.service) does not answer: \(error.message)")
                }
            }
            return (tasks, total, silent)
        }
    }

    /// The task as JSON.
    func show(_ id: String) throws -> String {
        try withClient { _, client in try await find(id, client).body }
    }

    /// The key names the task's version, so that a decision sent twice is made once.
    func resolve(_ id: String, _ decision: [String: String]) throws -> String {
        try withClient { _, client in
            let (url, body) = try await find(id, client)
            let task = try JSON.decode(Task.self, from: Data(body.utf8))
            let key: Headers = ["Idempotency-Key": "task-\(id)-\(task.version)-\(decision["action"] ?? "")"]
            let response = try await client.ask(.post, url + "/resolution", decision, headers: key.byOperatingUser())
            return String(decoding: response.body, as: UTF8.self)
        }
    }

    private func find(_ id: String, _ client: HTTPClient) async throws -> (url: String, body: String) {
        for place in places {
            let url = "\(place.url)/\(QueryString.encode(id))"
            let response = try await client.send(OutboundRequest(method: .get, url: url, timeout: .seconds(60)))
            if response.status == 404 { continue }
            return (url, String(decoding: try await client.ask(.get, url).body, as: UTF8.self))
        }
        throw CommandFailure("there is no task \(id)")
    }
}
