import Idempotency
import Kernel
import Messaging
import Storage

/// A transaction that notes what it changes, for the audit record that ends it.
final class AuditedTransaction: Transaction {
    private let base: any Transaction
    let notes: AuditNotes

    init(_ base: any Transaction, notes: AuditNotes = AuditNotes()) {
        self.base = base
        self.notes = notes
    }

    /// Collections that hold no state of the shop's, but how it is kept and told.
    private static let plumbing: Set<String> = {
        let inbox = Consumer.collections.map(\.name).filter { $0 != "deadLetters" }
        let others = [
            Outbox.collection.name, PublishedEvents.schema.name, IdempotencyStore.collection.name,
            AuditLog.records.name, AuditLog.heads.name,
        ]
        return Set(inbox + others)
    }()

    private func values(of id: String, in schema: CollectionSchema) async throws -> [String: JSONDocument]? {
        guard isNoted(schema), !notes.knows(id, in: schema.name) else { return nil }
        return try await base.find(schema, id: id).map { AuditValues.of($0, in: schema) }
    }

    private func note(
        _ id: String, in schema: CollectionSchema, before: [String: JSONDocument]?, after record: Record?
    ) {
        guard isNoted(schema) else { return }
        notes.note(id, in: schema.name, before: before, after: record.map { AuditValues.of($0, in: schema) })
    }

    private func isNoted(_ schema: CollectionSchema) -> Bool { !Self.plumbing.contains(schema.name) }

    // MARK: Reading

    func find(_ collection: CollectionSchema, id: String) async throws -> Record? {
        try await base.find(collection, id: id)
    }

    func query(_ collection: CollectionSchema, _ query: Query) async throws -> [Record] {
        try await base.query(collection, query)
    }

    func count(_ collection: CollectionSchema, where conditions: [Condition]) async throws -> Int {
        try await base.count(collection, where: conditions)
    }

    // MARK: Writing

    func insert(_ record: Record, into collection: CollectionSchema) async throws {
        try await base.insert(record, into: collection)
        note(record.id, in: collection, before: nil, after: record)
    }

    func insertIfAbsent(_ record: Record, into collection: CollectionSchema) async throws -> Bool {
        guard try await base.insertIfAbsent(record, into: collection) else { return false }
        note(record.id, in: collection, before: nil, after: record)
        return true
    }

    func update(
        _ record: Record, expecting expected: Int64, in collection: CollectionSchema
    ) async throws -> Bool {
        let before = try await values(of: record.id, in: collection)
        guard try await base.update(record, expecting: expected, in: collection) else { return false }
        note(record.id, in: collection, before: before, after: record)
        return true
    }

    func put(_ record: Record, in collection: CollectionSchema) async throws {
        let before = try await values(of: record.id, in: collection)
        try await base.put(record, in: collection)
        note(record.id, in: collection, before: before, after: record)
    }

    func delete(id: String, expecting expected: Int64?, from collection: CollectionSchema) async throws -> Bool {
        let before = try await values(of: id, in: collection)
        guard try await base.delete(id: id, expecting: expected, from: collection) else { return false }
        note(id, in: collection, before: before, after: nil)
        return true
    }

    func deleteAll(ids: [String], from collection: CollectionSchema) async throws {
        var before: [String: [String: JSONDocument]] = [:]
        for id in ids { before[id] = try await values(of: id, in: collection) }
        try await base.deleteAll(ids: ids, from: collection)
        for id in ids { note(id, in: collection, before: before[id], after: nil) }
    }

    // MARK: The rest

    func releaseSpace() async throws { try await base.releaseSpace() }

    func writeOrder() async throws -> WriteOrder { try await base.writeOrder() }

    func savepoint<Result: Sendable>(
        _ body: @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        let state = notes.state
        do {
            return try await base.savepoint { inner in try await body(AuditedTransaction(inner, notes: notes)) }
        } catch {
            notes.restore(state)
            throw error
        }
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { base.afterCommit(action) }
}
