public import Kernel
public import Storage

/// What a consumer group has handled: one row an event, stored in the transaction of the event's effects.
public enum Inbox {
    public struct Entry: Sendable {
        public let receivedAt: Timestamp
    }

    /// For the service's migrations: `.create(Inbox.collection.schema)`.
    public static let collection = Collection<Entry>(
        "inbox", fields: [.time("receivedAt", indexed: true) { $0.receivedAt }])
    static let schema = collection.schema

    /// Notes the event; `false` when it was noted before.
    static func note(
        _ event: CloudEvent, group: String, at time: Timestamp, in tx: any Transaction
    ) async throws -> Bool {
        let record = Record(
            id: "\(group)|\(event.source)|\(event.id)", version: 1, document: [], fields: [FieldValue(time)])
        return try await tx.insertIfAbsent(record, into: schema)
    }

    /// Takes all of the group's notes out: its events are handled again when they come again.
    static func forget(_ group: String, in tx: any Transaction) async throws {
        let query = Query(where: [.greater("id", .text("\(group)|")), .less("id", .text("\(group)}"))], limit: 1000)
        while true {
            let ids = try await tx.query(schema, query).map(\.id)
            guard !ids.isEmpty else { return }
            try await tx.deleteAll(ids: ids, from: schema)
        }
    }

    /// Deletes at most `limit` rows that are older; tells how many. Positions protect against what is that old.
    static func prune(before time: Timestamp, limit: Int, in tx: any Transaction) async throws -> Int {
        let query = Query(where: [.less("receivedAt", FieldValue(time))], sort: [Sort("receivedAt")], limit: limit)
        let old = try await tx.query(schema, query).map(\.id)
        try await tx.deleteAll(ids: old, from: schema)
        return old.count
    }
}
