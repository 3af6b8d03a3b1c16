import Kernel
import Storage

/// Reads the rows of a job that are due, in the order of their times: the oldest ones, and those that follow a place.
struct DueRows<Row: Entity>: Sendable {
    /// The last row that was considered: the next one has a later time, or the same one and a greater identifier.
    struct Place: Sendable, Hashable {
        let due: FieldValue
        let id: String
    }
    let rows: Repository<Row>
    let plan: JobPlan
    let due: @Sendable (Row) -> FieldValue

    init(_ rows: Repository<Row>, _ plan: JobPlan, due: @escaping @Sendable (Row) -> FieldValue) {
        self.rows = rows
        self.plan = plan
        self.due = due
    }

    /// A punctual job also reads what is due before its next look, so that it wakes in time for that.
    private func conditions(_ now: Timestamp) -> [Condition] {
        [.lessOrEqual(plan.due, FieldValue(plan.isPunctual ? now + plan.interval : now))] + plan.conditions(now)
    }

    func oldest(_ limit: Int, at now: Timestamp) async throws -> [Row] {
        try await rows.all(Query(where: conditions(now), sort: [Sort(plan.due)], limit: limit))
    }

    /// Where conditions can only all be met, "behind a place" takes two queries: for its own time, and for later ones.
    func following(_ place: Place, _ limit: Int, at now: Timestamp) async throws -> [Row] {
        let (rows, conditions, sort) = (rows, conditions(now), [Sort(plan.due)])
        let ofItsTime: [Condition] = [.equal(plan.due, place.due), .greater("id", .text(place.id))]
        let later: [Condition] = [.greater(plan.due, place.due)]
        return try await rows.database.read { tx in
            let first = try await rows.all(
                Query(where: ofItsTime + conditions.dropFirst(), sort: sort, limit: limit), in: tx)
            guard first.count < limit else { return first }
            return first
                + (try await rows.all(
                    Query(where: later + conditions, sort: sort, limit: limit - first.count), in: tx))
        }
    }

    /// Returns those of the rows that are still due, in that order.
    func find(_ ids: [String], at now: Timestamp) async throws -> [Row] {
        let (rows, extra) = (rows, plan.conditions(now))
        return try await rows.database.read { tx in
            var found: [Row] = []
            for id in ids {
                guard let row = try await rows.find(id, in: tx), age(of: row, at: now) >= .zero,
                    dueTime(of: row) != nil
                else { continue }
                if !extra.isEmpty {
                    let same: [Condition] = [.equal(plan.due, due(row)), .equal("id", .text(id))]
                    guard try await rows.count(where: same + extra, in: tx) > 0 else { continue }
                }
                found.append(row)
            }
            return found
        }
    }

    func place(of row: Row) -> Place { Place(due: due(row), id: row.id) }

    func dueTime(of row: Row) -> Timestamp? { due(row).integer.map { Timestamp(milliseconds: $0) } }

    func age(of row: Row, at now: Timestamp) -> Duration { dueTime(of: row).map { now - $0 } ?? .zero }
}
