import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import Saga

/// Lists and shows sagas, and moves those that need a person.
enum SagasCommand: Command {
    static let name = "sagas"
    static let summary = "lists and shows sagas; retries, resumes or compensates one"
    static let forms = [
        Form("list", .none, "lists sagas, the latest first", options: listing, isDefault: true, run: list),
        Form("show", .one("ID"), "shows one saga as JSON", options: places, run: show),
        Form("retry", .one("ID"), "retries the current step of one saga", options: places) {
            try act($0, "retry")
        },
        Form("resume", .one("ID"), "continues one saga as if its failing step had succeeded", options: places) {
            try act($0, "resume")
        },
        Form("compensate", .one("ID"), "compensates the steps that one saga has done so far", options: places) {
            try act($0, "compensate")
        },
    ]
    private static let kinds = ["checkout", "cancellation", "refund"]
    private static let places = [
        Option("saga", "NAME", "checkout, cancellation or refund (default: all)", choices: kinds),
        Option("cart", "URL", "the cart service (default: http://127.0.0.1:8083)"),
        Option("order", "URL", "the order service (default: http://127.0.0.1:8084)"),
    ]
    private static let listing =
        [
            Option(
                "status", "STATUS", "only sagas with this status, for example WAITING or PARKED",
                choices: SagaStatus.allCases.map(\.rawValue)),
            Option("limit", "N", "how many of each kind are listed (default: 20)"), .format,
        ] + places

    /// The service that stores the sagas of one kind.
    private struct Book: Sendable {
        let saga: String
        let url: String
    }

    private struct Line: Decodable, Sendable {
        let id: String
        let status: String
        let step: String
        let tries: Int
        let startedAt: String
        let reason: String?
        let lastFailure: String?
    }

    private struct Page: Decodable, Sendable {
        let _embedded: [String: [Line]]
    }

    private static func books(_ arguments: Arguments) -> [Book] {
        let cart = arguments.string("cart") ?? "http://127.0.0.1:8083"
        let order = arguments.string("order") ?? "http://127.0.0.1:8084"
        return kinds.filter { $0 == arguments.string("saga") ?? $0 }.map {
            Book(saga: $0, url: "\($0 == "checkout" ? cart : order)/sagas/\($0)")
        }
    }

    @Sendable private static func list(_ arguments: Arguments) throws {
        let (books, status) = (books(arguments), arguments.string("status"))
        let limit = try arguments.integer("limit", default: 20, in: 1...1000)
        let pages = try withClient { _, client in
            var pages: [(saga: String, lines: [Line])] = []
            for book in books {
                let query = "size=\(limit)&sort=startedAt,desc"
                let url =
                    status.map { "\(book.url)/search/findByStatus?status=\($0)&\(query)" } ?? "\(book.url)?\(query)"
                let page = try JSON.decode(Page.self, from: try await client.ask(.get, url).body)
                pages.append((book.saga, page._embedded.values.first ?? []))
            }
            return pages
        }
        var table = Table([
            .init("SAGA"), .init("ID", isFlexible: true), .init("STATUS", isStatus: true),
            .init("STEP", isFlexible: true),
            .init("TRIES"), .init("STARTED", key: "startedAt"), .init("WHY", key: "reason", isFlexible: true),
        ])
        for page in pages {
            for line in page.lines {
                table.add(
                    page.saga, line.id, line.status, line.step, String(line.tries), line.startedAt,
                    line.reason ?? line.lastFailure)
            }
        }
        Console.write(try table.rendered(as: arguments.format))
    }

    @Sendable private static func show(_ arguments: Arguments) throws {
        let (books, id) = (books(arguments), arguments.operands[0])
        Console.write(try withClient { _, client in try await find(id, in: books, client).body } + "\n")
    }

    private static func act(_ arguments: Arguments, _ action: String) throws {
        let (books, id) = (books(arguments), arguments.operands[0])
        let answer = try withClient { _, client in
            let saga = try await find(id, in: books, client)
            return try await client.ask(.post, "\(saga.url)/\(action)", headers: Headers().byOperatingUser()).body
        }
        Console.write(String(decoding: answer, as: UTF8.self) + "\n")
    }

    /// A service that does not answer may have the saga, so its failure outweighs a 404 of the others.
    private static func find(
        _ id: String, in books: [Book], _ client: HTTPClient
    ) async throws -> (url: String, body: String) {
        var unreachable: Unreachable?
        for book in books {
            let url = "\(book.url)/\(QueryString.encode(id))"
            do {
                return (url, String(decoding: try await client.ask(.get, url).body, as: UTF8.self))
            } catch let error as Unreachable {
                unreachable = error
            } catch is CommandFailure {}
        }
        throw unreachable ?? CommandFailure("there is no saga \(id)")
    }
}
