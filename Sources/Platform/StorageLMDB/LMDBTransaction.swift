import Storage

/// The handle that a transaction closure works with.
struct LMDBTransaction: Transaction {
    let scope: TransactionClosureScope<Session>

    private func collection(_ schema: CollectionSchema) throws -> OpenCollection {
        let session = try scope.open()
        session.stop = scope.stop
        return try session.collection(schema)
    }

    func find(_ collection: CollectionSchema, id: String) async throws -> Record? {
        try self.collection(collection).find(id)
    }

    func query(_ collection: CollectionSchema, _ query: Query) async throws -> [Record] {
        try self.collection(collection).query(query)
    }

    func count(_ collection: CollectionSchema, where conditions: [Condition]) async throws -> Int {
        try self.collection(collection).count(conditions)
    }

    func insert(_ record: Record, into collection: CollectionSchema) async throws {
        try self.collection(collection).insert(record)
    }

    func insertIfAbsent(_ record: Record, into collection: CollectionSchema) async throws -> Bool {
        try self.collection(collection).insertIfAbsent(record)
    }

    func update(_ record: Record, expecting expected: Int64, in collection: CollectionSchema) async throws -> Bool {
        try self.collection(collection).update(record, expecting: expected)
    }

    func put(_ record: Record, in collection: CollectionSchema) async throws {
        try self.collection(collection).put(record)
    }

    func delete(id: String, expecting expected: Int64?, from collection: CollectionSchema) async throws -> Bool {
        try self.collection(collection).delete(id: id, expecting: expected)
    }

    func deleteAll(ids: [String], from collection: CollectionSchema) async throws {
        let collection = try self.collection(collection)
        for id in ids { _ = try collection.delete(id: id, expecting: nil) }
    }

    func savepoint<Value: Sendable>(
        _ body: @Sendable (any Transaction) async throws -> Value
    ) async throws -> Value {
        try scope.open().nest()
        let kept = scope.hookCount
        do {
            let value = try await body(self)
            try scope.open().commit()
            return value
        } catch {
            try scope.open().abort()
            scope.dropHooks(after: kept)
            throw error
        }
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) {
        scope.add(hook: action)
    }
}
