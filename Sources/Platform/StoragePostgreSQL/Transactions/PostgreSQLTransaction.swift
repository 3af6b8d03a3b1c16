import Storage

/// The handle that a body works with.
struct PostgreSQLTransaction: Transaction {
    let session: Session

    func find(_ collection: CollectionSchema, id: String) async throws -> Record? {
        // What cannot be stored is not there.
        guard !id.utf8.contains(0) else { return nil }
        var parameters = Parameters()
        parameters.add(id)
        let rows = try await session.run(CollectionSQL(collection).find, parameters)
        return rows.count == 0 ? nil : rows.record(0, of: collection)
    }

    func query(_ collection: CollectionSchema, _ query: Query) async throws -> [Record] {
        try collection.validate(query.conditions, sort: query.sort)
        var parameters = try Parameters(query.conditions, in: collection)
        parameters.add(Int64(max(0, query.limit)))
        parameters.add(Int64(max(0, query.offset)))
        let rows = try await session.run(CollectionSQL(collection).query(query), parameters)
        return (0..<rows.count).map { rows.record($0, of: collection) }
    }

    func count(_ collection: CollectionSchema, where conditions: [Condition]) async throws -> Int {
        try collection.validate(conditions)
        let parameters = try Parameters(conditions, in: collection)
        return Int(try await session.run(CollectionSQL(collection).count(conditions), parameters).integer(0, 0))
    }

    func insert(_ record: Record, into collection: CollectionSchema) async throws {
        guard try await insertIfAbsent(record, into: collection) else { throw duplicate("id") }
    }

    func insertIfAbsent(_ record: Record, into collection: CollectionSchema) async throws -> Bool {
        let parameters = try Parameters(record, in: collection)
        if try await session.run(CollectionSQL(collection).insert, parameters).changes > 0 { return true }
        if try await find(collection, id: record.id) != nil { return false }
        try await checkUnique(record, in: collection)
        // Neither is taken in this transaction's view: somebody else's commit is not in it.
        throw session.outrun("a record of \(collection.name)")
    }

    func update(_ record: Record, expecting expected: Int64, in collection: CollectionSchema) async throws -> Bool {
        var parameters = try Parameters(record, in: collection)
        parameters.add(expected)
        guard collection.fields.contains(where: \.isUnique) else {
            return try await session.run(CollectionSQL(collection).update, parameters).changes > 0
        }
        guard try await find(collection, id: record.id)?.version == expected else { return false }
        try await checkUnique(record, in: collection)
        return try await session.run(CollectionSQL(collection).update, parameters).changes > 0
    }

    func put(_ record: Record, in collection: CollectionSchema) async throws {
        let parameters = try Parameters(record, in: collection)
        try await checkUnique(record, in: collection)
        _ = try await session.run(CollectionSQL(collection).put, parameters)
    }

    func delete(id: String, expecting expected: Int64?, from collection: CollectionSchema) async throws -> Bool {
        guard !id.utf8.contains(0) else { return false }
        var parameters = Parameters()
        parameters.add(id)
        let sql = CollectionSQL(collection)
        guard let expected else { return try await session.run(sql.delete, parameters).changes > 0 }
        parameters.add(expected)
        return try await session.run(sql.deleteVersion, parameters).changes > 0
    }

    func deleteAll(ids: [String], from collection: CollectionSchema) async throws {
        for id in ids { _ = try await delete(id: id, expecting: nil, from: collection) }
    }

    /// To look for the newest record would set every two transactions against each other that do so.
    func ordinal() async throws -> Int64? {
        try await session.run("SELECT nextval('\(Migrator.ordinals)')", Parameters()).integer(0, 0)
    }

    func savepoint<Value: Sendable>(
        _ body: @Sendable (any Transaction) async throws -> Value
    ) async throws -> Value {
        let name = session.nextSavepoint()
        _ = try await session.run("SAVEPOINT \(name)")
        let kept = session.hookCount
        do {
            let value = try await body(self)
            _ = try await session.run("RELEASE SAVEPOINT \(name)")
            return value
        } catch {
            session.dropHooks(after: kept)
            _ = try await session.run("ROLLBACK TO SAVEPOINT \(name); RELEASE SAVEPOINT \(name)")
            session.forgive()
            throw error
        }
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { session.add(hook: action) }

    /// A unique index that refuses ends the transaction: so it is looked first, and only a race meets the index.
    private func checkUnique(_ record: Record, in collection: CollectionSchema) async throws {
        for (field, value) in zip(collection.fields, record.fields) where field.isUnique && value != .null {
            var parameters = Parameters()
            parameters.add(record.id)
            parameters.add(value, as: field.type)
            let rows = try await session.run(CollectionSQL(collection).taken(field.name), parameters)
            if rows.count > 0 { throw duplicate(field.name) }
        }
    }

    private func duplicate(_ field: String) -> StorageError {
        StorageError(.duplicate(field: field), "\(field) is taken")
    }
}

extension Session {
    /// Somebody else came first, as PostgreSQL itself would tell: all of it runs again.
    fileprivate func outrun(_ what: String) -> StorageError {
        note(ServerError(state: "40001", message: "\(what) was stored by another transaction"))
    }
}

extension Rows {
    fileprivate func record(_ row: Int, of collection: CollectionSchema) -> Record {
        Record(
            id: text(row, 0), version: integer(row, 1), document: Array(bytes(row, 2)),
            fields: collection.fields.indices.map { value(row, 3 + $0, collection.fields[$0].type) })
    }
}

extension Parameters {
    /// A record's id, version, document and fields.
    fileprivate init(_ record: Record, in collection: CollectionSchema) throws(StorageError) {
        self.init()
        try collection.validate(record)
        try Self.checkText(.text(record.id), "id", collection)
        add(record.id)
        add(record.version)
        add(record.document)
        for (field, value) in zip(collection.fields, record.fields) {
            try Self.checkText(value, field.name, collection)
            add(value, as: field.type)
        }
    }

    /// The values that conditions compare with.
    fileprivate init(_ conditions: [Condition], in collection: CollectionSchema) throws(StorageError) {
        self.init()
        for condition in conditions where condition.value != .null {
            try Self.checkText(condition.value, condition.field, collection)
            add(condition.value, as: try collection.type(of: condition.field))
        }
    }

    /// PostgreSQL's text has every character but NUL.
    private static func checkText(
        _ value: FieldValue, _ field: String, _ collection: CollectionSchema
    ) throws(StorageError) {
        guard let text = value.text, text.utf8.contains(0) else { return }
        throw StorageError(.invalidQuery, "'\(field)' of \(collection.name) has a NUL, which PostgreSQL cannot store")
    }
}
