import HTTP
import Kernel
package import Storage

/// `/audit`, at every service with a database: the audit log for operators, and the chain as it is stored for whoever
/// verifies it.
struct AuditRoutes: Sendable {
    private static let path = "/audit"
    let service: String
    let database: any Database

    var routes: [Route] {
        [
            Route(
                .get, Self.path, summary: "Lists who did what to which records, the newest first",
                answers: AuditPage.self
            ) { try await list($0) }.queryParameters(AuditFilter.parameters),
            Route(
                .get, Self.path + "/chain", summary: "Shows audit records as they are stored, the oldest first",
                answers: AuditChainPage.self
            ) { try await chain($0) }
            .queryParameters(
                QueryParameter("after", .integer(), description: "The number of the last record before them"),
                QueryParameter("limit", .integer(), description: "From 1 to 1000, 500 unless told otherwise")),
        ]
    }

    private func list(_ request: Request) async throws -> Response {
        let filter = try AuditFilter(request.query)
        let service = service
        return try .json(
            try await database.read(.scan(isIndexed: true)) { try await AuditPage(of: service, filter, in: $0) })
    }

    private func chain(_ request: Request) async throws -> Response {
        let after = try request.query.integer("after", default: 0, in: 0...Int(Int32.max))
        let limit = try request.query.integer("limit", default: 500, in: 1...1000)
        let service = service
        return try .json(
            try await database.read(.scan(isIndexed: true)) {
                try await AuditChainPage(of: service, after: Int64(after), limit: limit, in: $0)
            })
    }
}

extension AuditPage {
    /// Records that one page looks at: a filter that finds little is asked again from where it stopped.
    private static let mostExamined = 5000

    /// Reads a page of the log of a service.
    package init(of service: String, _ filter: AuditFilter, in tx: any ReadTransaction) async throws {
        var (found, before, examined, isEnd) = ([AuditEntry](), filter.before, 0, false)
        while found.count < filter.limit, examined < Self.mostExamined, !isEnd {
            let part = try await AuditLog.newest(before: before, limit: min(200, filter.part), in: tx)
            examined += part.records.count
            isEnd = part.isEnd
            for stored in part.records {
                guard found.count < filter.limit else {
                    isEnd = false
                    break
                }
                before = Int64(stored.id) ?? 0
                let entry = AuditEntry(stored)
                if filter.isPast(entry.record) {
                    isEnd = true
                    break
                }
                if filter.finds(entry.record) { found.append(entry) }
            }
        }
        self.init(service: service, records: found, next: isEnd ? nil : before, head: try await AuditLog.head(in: tx))
    }
}

extension AuditChainPage {
    package init(of service: String, after number: Int64, limit: Int, in tx: any ReadTransaction) async throws {
        let part = try await AuditLog.chain(after: number, limit: limit, in: tx)
        self.init(
            service: service, records: part.records, isEnd: part.isEnd, head: try await AuditLog.head(in: tx))
    }
}
