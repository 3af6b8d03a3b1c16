import Storage

/// The transaction as a transaction closure gets it.
struct MongoDBTransaction: Transaction {
    let scope: TransactionClosureScope<Session>

    private func open(_ collection: CollectionSchema) throws(StorageError) -> (session: Session, name: String) {
        let session = try scope.open()
        return (session, try session.name(of: collection))
    }

    func find(_ collection: CollectionSchema, id: String) async throws -> Record? {
        let (session, name) = try open(collection)
        return try session.find(name, ["_id": .text(id)], Self.one).first?.record(of: collection)
    }

    func query(_ collection: CollectionSchema, _ query: Query) async throws -> [Record] {
        try collection.validate(query.conditions, sort: query.sort)
        // To MongoDB, no limit and none at all are the same.
        guard query.limit > 0 else { return [] }
        let (session, name) = try open(collection)
        let options = [
            BSON.Field(name: "sort", value: .order(query.sort)),
            BSON.Field(name: "limit", value: .integer(Int64(query.limit))),
            BSON.Field(name: "skip", value: .integer(Int64(max(0, query.offset)))),
        ]
        let filter = try BSON.filter(query.conditions, in: collection)
        return try session.find(name, filter, options).map {
            $0.record(of: collection)
        }
    }

    func count(_ collection: CollectionSchema, where conditions: [Condition]) async throws -> Int {
        try collection.validate(conditions)
        let (session, name) = try open(collection)
        let stages: BSON = [["$match": try .filter(conditions, in: collection)], ["$count": "count"]]
        let command = [
            BSON.Field(name: "aggregate", value: .text(name)), BSON.Field(name: "pipeline", value: stages),
            BSON.Field(name: "cursor", value: [:]),
        ]
        let reply = try session.run(.document(command + [session.queryLimit]))
        return Int(reply["cursor"]["firstBatch"].elements.first?["count"].integer ?? 0)
    }

    func insert(_ record: Record, into collection: CollectionSchema) async throws {
        guard try await insertIfAbsent(record, into: collection) else {
            throw StorageError(.duplicate(field: "id"), "id is taken")
        }
    }

    func insertIfAbsent(_ record: Record, into collection: CollectionSchema) async throws -> Bool {
        try collection.validate(record)
        let (session, name) = try open(collection)
        if collection.fields.contains(where: \.isUnique) {
            guard try await find(collection, id: record.id) == nil else { return false }
            try checkUnique(record, in: collection)
        }
        let content = BSON.document(BSON.content(record, of: collection))
        let update: BSON = ["q": ["_id": .text(record.id)], "u": ["$setOnInsert": content], "upsert": true]
        let reply = try session.run(["update": .text(name), "updates": [update]])
        guard !reply["upserted"].elements.isEmpty else { return false }
        session.noteInsertion(name, id: record.id)
        return true
    }

    func update(_ record: Record, expecting expected: Int64, in collection: CollectionSchema) async throws -> Bool {
        try collection.validate(record)
        let (session, name) = try open(collection)
        if collection.fields.contains(where: \.isUnique) {
            guard try await find(collection, id: record.id)?.version == expected else { return false }
            try checkUnique(record, in: collection)
        }
        let filter: BSON = ["_id": .text(record.id), "version": .integer(expected)]
        return try session.change(name, id: record.id, filter, to: [replacement(record, of: collection)]) != nil
    }

    func put(_ record: Record, in collection: CollectionSchema) async throws {
        try collection.validate(record)
        let (session, name) = try open(collection)
        try checkUnique(record, in: collection)
        let upsert = BSON.Field(name: "upsert", value: true)
        let change = [replacement(record, of: collection), upsert]
        if try session.change(name, id: record.id, ["_id": .text(record.id)], to: change) == nil {
            session.noteInsertion(name, id: record.id)
        }
    }

    func delete(id: String, expecting expected: Int64?, from collection: CollectionSchema) async throws -> Bool {
        let (session, name) = try open(collection)
        var filter = [BSON.Field(name: "_id", value: .text(id))]
        if let expected { filter.append(BSON.Field(name: "version", value: .integer(expected))) }
        let removal = [BSON.Field(name: "remove", value: true)]
        return try session.change(name, id: id, .document(filter), to: removal) != nil
    }

    func deleteAll(ids: [String], from collection: CollectionSchema) async throws {
        for id in ids { _ = try await delete(id: id, expecting: nil, from: collection) }
    }

    func savepoint<Value: Sendable>(
        _ body: @Sendable (any Transaction) async throws -> Value
    ) async throws -> Value {
        let mark = try scope.open().mark
        let kept = scope.hookCount
        do {
            return try await body(self)
        } catch {
            scope.dropHooks(after: kept)
            try scope.open().undo(to: mark)
            throw error
        }
    }

    private static let one = [BSON.Field(name: "limit", value: 1)]

    func afterCommit(_ action: @escaping @Sendable () -> Void) { scope.add(hook: action) }

    private func replacement(_ record: Record, of collection: CollectionSchema) -> BSON.Field {
        BSON.Field(name: "update", value: .record(record, of: collection))
    }

    /// A unique index that refuses ends the transaction: so it is looked first. There is one writer at a time.
    private func checkUnique(_ record: Record, in collection: CollectionSchema) throws {
        let (session, name) = try open(collection)
        for (field, value) in zip(collection.fields, record.fields) where field.isUnique && value != .null {
            let filter: BSON = [
                "$and": [
                    .document([BSON.Field(name: field.name, value: ["$eq": BSON(value, as: field.type)])]),
                    ["_id": ["$ne": .text(record.id)]],
                ]
            ]
            if try !session.find(name, filter, Self.one).isEmpty {
                throw StorageError(.duplicate(field: field.name), "\(field.name) is taken")
            }
        }
    }
}
