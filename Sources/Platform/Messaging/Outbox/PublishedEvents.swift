import FoundationEssentials
public import Kernel
public import Storage

/// The events that the log has taken from an outbox lately. They are kept in the service's own database, so that they can
/// be published again, under the same names, after the log was lost; consumers that have handled one skip it.
public enum PublishedEvents {
    /// Belongs to no migration: the host makes it.
    package static let schema = CollectionSchema(name: "published", fields: Outbox.schema.fields)

    /// For how long an event is kept. Shorter than inboxes keep their notes: what is published again is never handled
    /// twice.
    public static let keeping = Duration.seconds(10 * 86_400)
    private static let batch = 200

    /// Puts the events that happened at `since` or later back into the outbox, in their order; all that are kept without
    /// it. Returns how many. A relay that runs beside takes them at once.
    public static func republish(
        _ database: any Database, loop: any Loop, since: Timestamp? = nil,
        showing progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> Int {
        let outbox = Outbox(loop: loop)
        let newest = try await database.read { tx in
            try await tx.query(schema, Query(sort: [Sort("id", descending: true)], limit: 1)).first?.id
        }
        guard let newest else { return 0 }
        var (count, last) = (0, String?.none)
        while true {
            let after = last
            let (ids, moved) = try await database.transaction { tx in
                let conditions =
                    [Condition.lessOrEqual("id", .text(newest))] + (after.map { [.greater("id", .text($0))] } ?? [])
                let rows = try await tx.query(schema, Query(where: conditions, sort: [Sort("id")], limit: batch))
                let chosen = rows.filter { row in since.map { Outbox.event(row).time >= $0 } ?? true }
                for row in chosen { try await outbox.append(Outbox.event(row), in: tx) }
                try await tx.deleteAll(ids: chosen.map(\.id), from: schema)
                return (rows.map(\.id), chosen.count)
            }
            count += moved
            progress(count)
            last = ids.last
            guard ids.count == batch else { return count }
        }
    }

    /// Keeps what the log has taken.
    static func keep(_ rows: [Record], in tx: any Transaction) async throws {
        for row in rows { try await tx.put(row, in: schema) }
    }

    /// Deletes the oldest of those that happened before `time`; returns whether there may be more.
    static func prune(before time: Timestamp, in tx: any Transaction) async throws -> Bool {
        let rows = try await tx.query(schema, Query(sort: [Sort("id")], limit: batch))
        let old = rows.prefix { Outbox.event($0).time < time }
        try await tx.deleteAll(ids: old.map(\.id), from: schema)
        return old.count == batch
    }
}
