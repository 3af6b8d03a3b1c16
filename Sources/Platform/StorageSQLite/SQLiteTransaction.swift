import Storage

/// The handle that a transaction closure works with.
struct SQLiteTransaction: Transaction {
    let scope: TransactionClosureScope<Connection>

    private func statements(_ collection: CollectionSchema) throws -> CollectionStatements {
        try scope.open().statements(for: collection)
    }

    func writeOrder() async throws -> WriteOrder { .newest(foreign: try scope.open().foreignVersion()) }

    func find(_ collection: CollectionSchema, id: String) async throws -> Record? {
        try statements(collection).find(id)
    }

    func query(_ collection: CollectionSchema, _ query: Query) async throws -> [Record] {
        try statements(collection).query(query)
    }

    func count(_ collection: CollectionSchema, where conditions: [Condition]) async throws -> Int {
        try statements(collection).count(conditions)
    }

    func insert(_ record: Record, into collection: CollectionSchema) async throws {
        try statements(collection).insert(record)
    }

    func insertIfAbsent(_ record: Record, into collection: CollectionSchema) async throws -> Bool {
        try statements(collection).insertIfAbsent(record)
    }

    func update(_ record: Record, expecting expected: Int64, in collection: CollectionSchema) async throws -> Bool {
        try statements(collection).update(record, expecting: expected)
    }

    func put(_ record: Record, in collection: CollectionSchema) async throws {
        try statements(collection).put(record)
    }

    func delete(id: String, expecting expected: Int64?, from collection: CollectionSchema) async throws -> Bool {
        try statements(collection).delete(id: id, expecting: expected)
    }

    func deleteAll(ids: [String], from collection: CollectionSchema) async throws {
        let statements = try statements(collection)
        for id in ids { _ = try statements.delete(id: id, expecting: nil) }
    }

    func releaseSpace() async throws { try scope.open().releaseSpace() }

    func savepoint<Value: Sendable>(
        _ body: @Sendable (any Transaction) async throws -> Value
    ) async throws -> Value {
        try scope.open().execute("SAVEPOINT inner")
        let kept = scope.hookCount
        do {
            let value = try await body(self)
            try scope.open().execute("RELEASE inner")
            return value
        } catch {
            let connection = try scope.open()
            scope.dropHooks(after: kept)
            // Where SQLite gave up the whole transaction there is no savepoint left, and the error says why.
            guard !connection.isAutocommit else { throw error }
            try connection.execute("ROLLBACK TO inner")
            try connection.execute("RELEASE inner")
            throw error
        }
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) {
        scope.add(hook: action)
    }
}
