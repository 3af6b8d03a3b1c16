import FoundationEssentials
import Kernel
public import Storage

/// How far a consumer group has come in each partition, stored in the transaction of the last event's effects.
public enum Positions {
    public struct Entry: Sendable {
        public let position: Int64
    }

    /// For the service's migrations: `.create(Positions.collection.schema)`.
    public static let collection = Collection<Entry>("positions", fields: [.integer("position") { $0.position }])
    static let schema = collection.schema

    /// The document of a record: what tells whether a log is the one that was read.
    private struct Note: Codable {
        let log: LogIdentity?
        let event: String?
    }

    static func find(
        _ group: String, partition: LogPartition, in tx: any ReadTransaction
    ) async throws -> KnownPosition? {
        try await tx.find(schema, id: "\(group)/\(partition)").map(known)
    }

    static func put(
        _ position: KnownPosition, group: String, partition: LogPartition, in tx: any Transaction
    ) async throws {
        let isPlain = position.log == nil && position.event == nil
        let document = isPlain ? [] : try JSON.bytes(of: Note(log: position.log, event: position.event))
        let record = Record(
            id: "\(group)/\(partition)", version: 1, document: document, fields: [.integer(position.position)])
        try await tx.put(record, in: schema)
    }

    /// By the partition's name.
    static func all(_ group: String, in tx: any ReadTransaction) async throws -> [String: KnownPosition] {
        let query = Query(where: [.greater("id", .text("\(group)/")), .less("id", .text("\(group)0"))], limit: 100_000)
        let records = try await tx.query(schema, query)
        return Dictionary(uniqueKeysWithValues: records.map { (String($0.id.dropFirst(group.count + 1)), known($0)) })
    }

    /// Those of every group, by the group's name and the partition's.
    static func all(in tx: any ReadTransaction) async throws -> [String: [String: KnownPosition]] {
        var groups: [String: [String: KnownPosition]] = [:]
        for record in try await tx.query(schema, Query(limit: 100_000)) {
            let words = record.id.split(separator: "/", maxSplits: 1).map(String.init)
            guard words.count == 2 else { continue }
            groups[words[0], default: [:]][words[1]] = known(record)
        }
        return groups
    }

    /// Takes all of the group's positions out.
    static func forget(_ group: String, in tx: any Transaction) async throws {
        try await tx.deleteAll(
            where: [.greater("id", .text("\(group)/")), .less("id", .text("\(group)0"))], from: schema)
    }

    private static func known(_ record: Record) -> KnownPosition {
        let note = record.document.isEmpty ? nil : try? JSON.decode(Note.self, from: Data(record.document))
        return KnownPosition(record.fields[0].integer ?? 0, log: note?.log, event: note?.event)
    }
}
