import Kernel
package import Storage
import Synchronization
import Telemetry

/// The audit log of one service, in its own database: a chain of records, each with the hash of the one before, and the head,
/// which tells the last number and hash.
///
/// Only audited operations touch the head. They do so at the end of their transactions, so that it is held for the commit
/// alone.
package final class AuditLog: Sendable {
    /// Belong to no migration: the host makes them. A record's document is its canonical form.
    package static let records = CollectionSchema(
        name: "audit_records", fields: [FieldSchema(name: "hash", type: .text, isUnique: false, isIndexed: false)])
    package static let heads = CollectionSchema(
        name: "audit_heads",
        fields: [
            FieldSchema(name: "number", type: .integer, isUnique: false, isIndexed: false),
            FieldSchema(name: "hash", type: .text, isUnique: false, isIndexed: false),
        ])
    package static let schemas = [records, heads]
    private static let headID = "head"

    private let service: String
    private let loop: any Loop
    private let log: Logger
    private let last: Atomic<Int64>

    init(of service: String, loop: any Loop, log: Logger) {
        self.service = service
        self.loop = loop
        self.log = log
        last = Atomic(0)
    }

    /// The number of the last record, as far as this process knows.
    var lastNumber: Int64 { last.load(ordering: .relaxed) }

    /// Learns the last number; to be called at start.
    func load(_ database: any Database) async throws {
        let head = try await database.read { try await Self.head(in: $0) }
        last.store(head?.number ?? 0, ordering: .relaxed)
    }

    /// Appends the record of what `notes` has, in the same transaction. Nothing is written if nothing changed.
    func append(_ notes: AuditNotes, _ trail: AuditTrail, in tx: any Transaction) async throws {
        let changed = notes.changed
        guard !changed.isEmpty else { return }
        let head = try await Self.head(in: tx)
        let record = AuditRecord(of: changed, trail, service: service, at: loop.now, after: head)
        let text = record.text
        let hash = AuditRecord.hash(of: text)
        try await move(to: AuditHead(number: record.number, hash: hash), from: head, in: tx)
        try await tx.insert(
            Record(id: Self.id(record.number), version: 1, document: text, fields: [.text(hash)]), into: Self.records)
        tx.afterCommit { [self] in
            last.store(record.number, ordering: .relaxed)
            log.info(
                "audited",
                metadata: [
                    "operation": .string(record.operation), "who": .string(record.who ?? "-"),
                    "record": .string(String(record.number)), "hash": .string(hash),
                ])
        }
    }

    /// Throws `AuditConflict` if another transaction was faster.
    private func move(to next: AuditHead, from head: AuditHead?, in tx: any Transaction) async throws {
        let record = Record(
            id: Self.headID, version: next.number, document: [], fields: [.integer(next.number), .text(next.hash)])
        let isMoved =
            if let head {
                try await tx.update(record, expecting: head.number, in: Self.heads)
            } else {
                try await tx.insertIfAbsent(record, into: Self.heads)
            }
        guard isMoved else { throw AuditConflict() }
    }

    /// The identifier of a record: its number with as many zeros before it as sort it.
    static func id(_ number: Int64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 16 - digits.utf8.count)) + digits
    }
}

/// The end of a chain.
public struct AuditHead: Codable, Sendable, Hashable {
    /// The number of the last record.
    public let number: Int64
    public let hash: String

    public init(number: Int64, hash: String) {
        self.number = number
        self.hash = hash
    }
}

/// Another transaction has appended a record meanwhile: the whole is run again.
struct AuditConflict: Error, CustomStringConvertible {
    var description: String { "another operation was audited meanwhile; the transaction is run again" }
}

extension AuditLog {
    package static func head(in tx: any ReadTransaction) async throws -> AuditHead? {
        guard let record = try await tx.find(heads, id: headID), record.fields.count == 2,
            let number = record.fields[0].integer, let hash = record.fields[1].text
        else { return nil }
        return AuditHead(number: number, hash: hash)
    }

    /// Returns the stored records after that number, at most so many, and fewer if they are long.
    package static func chain(
        after number: Int64, limit: Int, in tx: any ReadTransaction
    ) async throws -> (records: [StoredAuditRecord], isEnd: Bool) {
        let query = Query(where: [.greater("id", .text(id(number)))], sort: [Sort("id")], limit: limit)
        return try await stored(query, in: tx)
    }

    /// Returns the stored records before that number, the newest first.
    package static func newest(
        before number: Int64?, limit: Int, in tx: any ReadTransaction
    ) async throws -> (records: [StoredAuditRecord], isEnd: Bool) {
        let conditions = number.map { [Condition.less("id", .text(id($0)))] } ?? []
        return try await stored(Query(where: conditions, sort: [Sort("id", descending: true)], limit: limit), in: tx)
    }

    private static func stored(
        _ query: Query, in tx: any ReadTransaction
    ) async throws -> (records: [StoredAuditRecord], isEnd: Bool) {
        let found = try await BoundedRecords.read(query, of: records, within: ReadLimits.pageBytes, in: tx)
        let stored = found.records.map {
            StoredAuditRecord(id: $0.id, hash: $0.fields.first?.text ?? "", text: $0.document)
        }
        return (stored, found.isEnd)
    }
}
