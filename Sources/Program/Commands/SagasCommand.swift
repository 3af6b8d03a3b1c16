import FoundationEssentials
import HTTP
import HTTPClient
import Kernel

/// Looks at the shop's sagas and, where a person has to, moves them.
enum SagasCommand: Command {
    static let name = "sagas"
    static let summary = "lists and shows sagas; retries, resumes or compensates one that needs it"
    static let usage =
        "list|show|retry|resume|compensate [ID] [--saga NAME] [--status STATUS] [--cart URL] [--order URL]"
    static let options = [
        Option("saga", "NAME", "checkout, cancellation or refund (default: all)"),
        Option("status", "STATUS", "only those that are for example WAITING or PARKED"),
        Option("limit", "N", "how many of each are listed, the latest first (default: 20)"),
        Option("cart", "URL", "the cart service (default: http://127.0.0.1:8083)"),
        Option("order", "URL", "the order service (default: http://127.0.0.1:8084)"),
    ]

    static func run(_ arguments: Arguments) throws {
        let books = try books(arguments)
        switch (arguments.words.first ?? "list", arguments.words.dropFirst().first, arguments.words.count) {
        case ("list", nil, 0...1):
            let limit = try arguments.integer("limit", default: 20, in: 1...1000)
            Console.write(try list(books, status: arguments.string("status"), limit: limit))
        case ("show", let id?, 2):
            Console.write(
                try onTheFirst(of: books) { client, book in
                    try await client.ask(.get, "\(book.url)/\(HTTP.Query.encode(id))")
                })
        case (let action, let id?, 2) where ["retry", "resume", "compensate"].contains(action):
            Console.write(
                try onTheFirst(of: books) { client, book in
                    // Only where it is: a saga that is elsewhere answers 404 here.
                    _ = try await client.ask(.get, "\(book.url)/\(HTTP.Query.encode(id))")
                    return try await client.ask(.post, "\(book.url)/\(HTTP.Query.encode(id))/\(action)")
                })
        default: throw UsageError("it is: sambal sagas \(usage)")
        }
    }

    /// Where sagas of one kind are kept.
    private struct Book: Sendable {
        let saga: String
        let url: String
    }

    private static func books(_ arguments: Arguments) throws -> [Book] {
        let cart = arguments.string("cart") ?? "http://127.0.0.1:8083"
        let order = arguments.string("order") ?? "http://127.0.0.1:8084"
        let all = [("checkout", cart), ("cancellation", order), ("refund", order)].map {
            Book(saga: $0, url: "\($1)/sagas/\($0)")
        }
        guard let wanted = arguments.string("saga") else { return all }
        guard let book = all.first(where: { $0.saga == wanted }) else {
            throw UsageError("--saga must be \(all.map(\.saga).joined(separator: ", ")), not \(wanted)")
        }
        return [book]
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

    private static func list(_ books: [Book], status: String?, limit: Int) throws -> String {
        let pages = try withClient { _, client in
            var pages: [(saga: String, lines: [Line])] = []
            for book in books {
                let query = "size=\(limit)&sort=startedAt,desc"
                let url =
                    status.map { "\(book.url)/search/findByStatus?status=\(HTTP.Query.encode($0))&\(query)" }
                    ?? "\(book.url)?\(query)"
                let page = try JSON.decode(Page.self, from: try await client.ask(.get, url).body)
                pages.append((book.saga, page._embedded.values.first ?? []))
            }
            return pages
        }
        var table = Table("SAGA", "ID", "STATUS", "STEP", "TRIES", "STARTED", "WHY")
        for page in pages {
            for line in page.lines {
                table.add(
                    page.saga, line.id, line.status, line.step, String(line.tries), line.startedAt,
                    line.reason ?? line.lastFailure ?? "-")
            }
        }
        return table.text
    }

    private static func onTheFirst(
        of books: [Book], _ body: @escaping @Sendable (HTTPClient, Book) async throws -> Response
    ) throws -> String {
        try withClient { _, client in
            var failure: (any Error)?
            for book in books {
                do {
                    return String(decoding: try await body(client, book).body, as: UTF8.self) + "\n"
                } catch {
                    failure = error
                }
            }
            throw failure ?? UsageError("there is no such saga")
        }
    }
}
