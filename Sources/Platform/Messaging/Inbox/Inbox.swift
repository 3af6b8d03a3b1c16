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

    /// Deletes at most `limit` rows that are older; tells how many. Positions protect against what is that old.
    static func prune(before time: Timestamp, limit: Int, in tx: any Transaction) async throws -> Int {
        let query = Query(where: [.less("receivedAt", FieldValue(time))], sort: [Sort("receivedAt")], limit: limit)
        let old = try await tx.query(schema, query).map(\.id)
        try await tx.deleteAll(ids: old, from: schema)
        return old.count
    }
}

/// How far a consumer group has come in each partition, stored in the transaction of the last event's effects.
public enum Positions {
    public struct Entry: Sendable {
        public let position: Int64
    }

    /// For the service's migrations: `.create(Positions.collection.schema)`.
    public static let collection = Collection<Entry>("positions", fields: [.integer("position") { $0.position }])
    static let schema = collection.schema

    static func find(_ group: String, partition: Int, in tx: any ReadTransaction) async throws -> Int64? {
        try await tx.find(schema, id: "\(group)/\(partition)")?.fields[0].integer
    }

    static func put(_ position: Int64, group: String, partition: Int, in tx: any Transaction) async throws {
        let record = Record(id: "\(group)/\(partition)", version: 1, document: [], fields: [.integer(position)])
        try await tx.put(record, in: schema)
    }
}
