public import Storage

/// How far a consumer group has come in each partition, stored in the transaction of the last event's effects.
public enum Positions {
    public struct Entry: Sendable {
        public let position: Int64
    }

    /// For the service's migrations: `.create(Positions.collection.schema)`.
    public static let collection = Collection<Entry>("positions", fields: [.integer("position") { $0.position }])
    static let schema = collection.schema

    static func find(_ group: String, partition: LogPartition, in tx: any ReadTransaction) async throws -> Int64? {
        try await tx.find(schema, id: "\(group)/\(partition)")?.fields[0].integer
    }

    static func put(_ position: Int64, group: String, partition: LogPartition, in tx: any Transaction) async throws {
        let record = Record(id: "\(group)/\(partition)", version: 1, document: [], fields: [.integer(position)])
        try await tx.put(record, in: schema)
    }

    /// By the partition's name.
    static func all(_ group: String, in tx: any ReadTransaction) async throws -> [String: Int64] {
        let query = Query(where: [.greater("id", .text("\(group)/")), .less("id", .text("\(group)0"))], limit: 100_000)
        let records = try await tx.query(schema, query)
        return Dictionary(
            uniqueKeysWithValues: records.map {
                (String($0.id.dropFirst(group.count + 1)), $0.fields[0].integer ?? 0)
            })
    }

    /// Takes all of the group's positions out.
    static func forget(_ group: String, in tx: any Transaction) async throws {
        let query = Query(where: [.greater("id", .text("\(group)/")), .less("id", .text("\(group)0"))], limit: 1000)
        while true {
            let ids = try await tx.query(schema, query).map(\.id)
            guard !ids.isEmpty else { return }
            try await tx.deleteAll(ids: ids, from: schema)
        }
    }
}
