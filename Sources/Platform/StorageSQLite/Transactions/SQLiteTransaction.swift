import Glibc
import Storage
import Synchronization

/// The handle that a body works with. It works on the thread that runs the body, while it runs it, and nowhere else.
final class SQLiteTransaction: Transaction, @unchecked Sendable {
    // `connection` and `hooks` are touched only by the thread noted in `owner`, and by the worker before and after.
    private let owner = Atomic<UInt>(0)
    private var connection: Connection?
    private var hooks: [@Sendable () -> Void] = []

    /// Whether the caller is the running body.
    var isHere: Bool { owner.load(ordering: .acquiring) == UInt(pthread_self()) }

    func begin(on connection: Connection) {
        self.connection = connection
        owner.store(UInt(pthread_self()), ordering: .releasing)
    }

    func end() {
        owner.store(0, ordering: .releasing)
        connection = nil
    }

    /// What was asked to run once the transaction is durable.
    func takeHooks() -> [@Sendable () -> Void] {
        defer { hooks = [] }
        return hooks
    }

    func open() throws(StorageError) -> Connection {
        guard isHere, let connection else {
            throw StorageError(.internalFailure, "a transaction was used outside of its body")
        }
        return connection
    }

    private func statements(_ collection: CollectionSchema) throws -> CollectionStatements {
        try open().statements(for: collection)
    }

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

    func savepoint<Value: Sendable>(
        _ body: @Sendable (any Transaction) async throws -> Value
    ) async throws -> Value {
        try open().execute("SAVEPOINT inner")
        let kept = hooks.count
        do {
            let value = try await body(self)
            try open().execute("RELEASE inner")
            return value
        } catch {
            let connection = try open()
            hooks.removeSubrange(kept...)
            // Where SQLite gave up the whole transaction there is no savepoint left, and the error says why.
            guard !connection.isAutocommit else { throw error }
            try connection.execute("ROLLBACK TO inner")
            try connection.execute("RELEASE inner")
            throw error
        }
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) {
        // A body that strayed was rolled back: what it asks for will not be durable, so it never runs.
        if isHere { hooks.append(action) }
    }
}
