import HTTP
import Kernel
import PaymentProviders
import Storage

/// `/movements`: the simulator's statement by time, and all that was done to one charge.
struct Movements: Sendable {
    let charges: Repository<SimulatedCharge>

    private static let pageSize = 1000

    static let routes: [RouteDeclaration<Movements>] = [
        .get(
            "/movements", summary: "Lists what was moved in a period, or of one charge",
            answers: SimulatorMovements.self, statuses: [200, 400, 404]
        ) { try await $0.list($1) }
        .queryParameters(QueryParameter("from", isRequired: false, description: "Milliseconds since 1970"))
        .queryParameters(QueryParameter("to", isRequired: false, description: "Milliseconds since 1970; exclusive"))
        .queryParameters(QueryParameter("after", isRequired: false, description: "The `next` of the page before"))
        .queryParameters(QueryParameter("chargeId", isRequired: false, description: "Of one charge"))
    ]

    private func list(_ request: Request) async throws -> Response {
        if let id = request.query["chargeId"] { return try .json(try await movements(of: id)) }
        let from = try milliseconds(request, "from", default: 0)
        let to = try milliseconds(request, "to", default: .max)
        var lines: [SimulatedCharge] = []
        var conditions: [Condition] = [.greaterOrEqual("chargedAt", .integer(from))]
        if let cursor = request.query["after"] {
            let parts = cursor.split(separator: "|", maxSplits: 1)
            guard parts.count == 2, let time = Int64(parts[0]) else {
                throw Problem.invalid("after", "is no place in a statement")
            }
            // Many may be of one moment.
            lines = try await page([
                .equal("chargedAt", .integer(time)), Condition("id", .greater, .text("\(parts[1])")),
            ])
            conditions = [Condition("chargedAt", .greater, .integer(time))]
        }
        if lines.count < Self.pageSize { lines += try await page(conditions + [.less("chargedAt", .integer(to))]) }
        lines = Array(lines.prefix(Self.pageSize))
        let next = lines.count == Self.pageSize ? lines.last.map { "\($0.chargedAt.milliseconds)|\($0.id)" } : nil
        return try .json(SimulatorMovements(lines: lines.map { $0.statementMessage }, next: next))
    }

    private func page(_ conditions: [Condition]) async throws -> [SimulatedCharge] {
        try await charges.all(
            Query(where: conditions, sort: [Sort("chargedAt"), Sort("id")], limit: Self.pageSize))
    }

    private func milliseconds(_ request: Request, _ name: String, default fallback: Int64) throws -> Int64 {
        guard let text = request.query[name] else { return fallback }
        guard let number = Int64(text) else { throw Problem.invalid(name, "must be a whole number") }
        return number
    }

    private func movements(of id: String) async throws -> SimulatorMovements {
        guard let line = try await charges.find(id) else { throw Problem.notFound("\(id)") }
        guard let root = try await charges.find(line.chargeId ?? id) else { throw Problem.notFound("\(id)") }
        var lines = [root] + (try await children(of: root.id))
        // A refund may name the capture instead of the authorisation.
        for capture in lines where capture.action == .capture { lines += try await children(of: capture.id) }
        return SimulatorMovements(lines: lines.map { $0.statementMessage }, next: nil)
    }

    private func children(of id: String) async throws -> [SimulatedCharge] {
        try await charges.all(
            Query(where: [.equal("chargeId", .text(id))], sort: [Sort("chargedAt"), Sort("id")], limit: 1000))
    }
}

extension SimulatedCharge {
    /// As it moved: a refund that came back is a movement of its own.
    fileprivate var statementMessage: SimulatorCharge { message(status: status) }
}
