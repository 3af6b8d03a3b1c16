package import Storage

/// The handle that a transaction closure works with: what it does alike on every server.
package protocol ServerTransaction: Transaction {
    associatedtype Connection: ServerConnection

    var session: Session<Connection> { get }

    var texts: CollectionTexts { get }
    /// Throws if the server cannot store, or compare with, one of the texts.
    func check(_ text: String, _ field: String, of collection: CollectionSchema) throws(StorageError)
    /// Whether the server can have a record of that id.
    func canHold(id: String) -> Bool
    /// Called before something is read: what the closure will probably want later may come with it.
    func willRead()
    /// Before a query that may look at many rows.
    var queryPrefix: String { get }
    /// Behind what is read by one id, or by conditions, so that nobody changes it before the transaction ends.
    var findLock: String { get }
    var queryLock: String { get }
}

extension ServerTransaction {
    package func sql(_ collection: CollectionSchema) -> CollectionSQL { texts.sql(collection) }

    package func check(_ text: String, _ field: String, of collection: CollectionSchema) throws(StorageError) {}
    package func canHold(id: String) -> Bool { true }
    package func willRead() {}
    package var queryPrefix: String { "" }
    package var findLock: String { "" }
    package var queryLock: String { "" }

    package func find(_ collection: CollectionSchema, id: String) async throws -> Record? {
        // What cannot be stored is not there.
        guard canHold(id: id) else { return nil }
        willRead()
        let rows = try await session.run(sql(collection).find + findLock, [.text(id)])
        return rows.count == 0 ? nil : rows.record(0, of: collection)
    }

    package func query(_ collection: CollectionSchema, _ query: Query) async throws -> [Record] {
        try collection.validate(query.conditions, sort: query.sort)
        var values = try values(query.conditions, in: collection)
        values += [.integer(Int64(max(0, query.limit))), .integer(Int64(max(0, query.offset)))]
        willRead()
        let rows = try await session.run(queryPrefix + sql(collection).query(query) + queryLock, values)
        return (0..<rows.count).map { rows.record($0, of: collection) }
    }

    package func count(_ collection: CollectionSchema, where conditions: [Condition]) async throws -> Int {
        try collection.validate(conditions)
        let values = try values(conditions, in: collection)
        let rows = try await session.run(queryPrefix + sql(collection).count(conditions) + queryLock, values)
        return Int(rows.integer(0, 0))
    }

    package func insert(_ record: Record, into collection: CollectionSchema) async throws {
        guard try await insertIfAbsent(record, into: collection) else {
            throw StorageError(.duplicate(field: "id"), "id is taken")
        }
    }

    package func delete(
        id: String, expecting expected: Int64?, from collection: CollectionSchema
    ) async throws -> Bool {
        guard canHold(id: id) else { return false }
        let sql = sql(collection)
        guard let expected else { return try await session.run(sql.delete, [.text(id)]).changes > 0 }
        return try await session.run(sql.deleteVersion, [.text(id), .integer(expected)]).changes > 0
    }

    package func deleteAll(ids: [String], from collection: CollectionSchema) async throws {
        var rest = ids.filter(canHold)[...]
        // Few texts, so that each stays prepared.
        for size in [64, 8, 1] {
            while rest.count >= size {
                try await session.post(sql(collection).deleteAll(size), rest.prefix(size).map { .text($0) })
                rest = rest.dropFirst(size)
            }
        }
    }

    package func savepoint<Value: Sendable>(
        _ body: @Sendable (any Transaction) async throws -> Value
    ) async throws -> Value {
        let name = session.nextSavepoint()
        try await session.post("SAVEPOINT \(name)", nil)
        let kept = session.hookCount
        do {
            let value = try await body(self)
            try await session.post("RELEASE SAVEPOINT \(name)", nil)
            return value
        } catch {
            session.dropHooks(after: kept)
            session.undoneSavepoint()
            // Behind something that failed, it would be skipped.
            await session.settle(isFailing: true)
            _ = try await session.run("ROLLBACK TO SAVEPOINT \(name)")
            _ = try await session.run("RELEASE SAVEPOINT \(name)")
            session.clearFailureAfterRollbackToSavepoint()
            throw error
        }
    }

    package func afterCommit(_ action: @escaping @Sendable () -> Void) { session.add(hook: action) }

    /// A record's id, version, document and fields.
    package func values(_ record: Record, in collection: CollectionSchema) throws(StorageError) -> [SQLValue] {
        let values = try [SQLValue](record, in: collection)
        try check(record.id, "id", of: collection)
        for (field, value) in zip(collection.fields, record.fields) {
            if let text = value.text { try check(text, field.name, of: collection) }
        }
        return values
    }

    /// Returns the values in the order of `CollectionSQL.update`: the id comes last.
    package func replacement(_ record: Record, in collection: CollectionSchema) throws(StorageError) -> [SQLValue] {
        let values = try values(record, in: collection)
        return Array(values.dropFirst() + values.prefix(1))
    }

    private func values(
        _ conditions: [Condition], in collection: CollectionSchema
    ) throws(StorageError) -> [SQLValue] {
        for condition in conditions {
            for text in condition.values.compactMap(\.text) { try check(text, condition.field, of: collection) }
        }
        return try [SQLValue](conditions, in: collection)
    }
}
