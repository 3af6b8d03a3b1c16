/// A service's own database, whichever engine it is.
public protocol Database: Sendable {
    /// Runs `closure` in one transaction: all of it becomes durable, or none. `closure` may await its transaction and
    /// nothing else. It runs again if the engine asks for a retry, and beside no other writer of the same rows.
    func transaction<Result: Sendable>(
        _ closure: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result

    /// Runs `closure` on a consistent view of what is committed.
    func read<Result: Sendable>(
        _ closure: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result

    /// Runs `closure` on such a view, beside other reads of its kind.
    func read<Result: Sendable>(
        _ kind: ReadKind, _ closure: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result

    /// Ends the scans and reports that are running, and refuses further ones: for a graceful stop.
    func endScans()

    /// Releases caches as soon as the database has time: after a peak.
    func releaseMemory()

    /// Brings the schema up to date: each migration once, in order, under a lock, at start.
    func migrate(_ migrations: [Migration]) async throws

    /// Throws if the database does not answer; for readiness.
    func check() async throws

    /// Finishes what was begun, then closes.
    func close() async
}

extension Database {
    public func read<Result: Sendable>(
        _ kind: ReadKind, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result { try await read(body) }

    public func endScans() {}
    public func releaseMemory() {}
}

/// A record as drivers see it.
public struct Record: Sendable, Hashable {
    public var id: String
    public var version: Int64
    /// The entity as JSON, or empty if the fields say all.
    public var document: [UInt8]
    /// In the order of the collection's fields.
    public var fields: [FieldValue]

    public init(id: String, version: Int64, document: [UInt8], fields: [FieldValue]) {
        self.id = id
        self.version = version
        self.document = document
        self.fields = fields
    }
}

public protocol ReadTransaction: Sendable {
    func find(_ collection: CollectionSchema, id: String) async throws -> Record?
    func query(_ collection: CollectionSchema, _ query: Query) async throws -> [Record]
    func count(_ collection: CollectionSchema, where conditions: [Condition]) async throws -> Int
}

public protocol Transaction: ReadTransaction {
    /// Throws `StorageError.duplicate` where the id or a unique field is taken; the transaction goes on. An engine may
    /// let the closure go on without asking, and run it again where that was wrong: then it throws here.
    func insert(_ record: Record, into collection: CollectionSchema) async throws

    /// Inserts unless the id is taken; tells whether it did.
    func insertIfAbsent(_ record: Record, into collection: CollectionSchema) async throws -> Bool

    /// Replaces the record when its stored version is `expected`; `false` when it is another, or there is none. An
    /// engine may find that out later, as with `insert`.
    func update(_ record: Record, expecting expected: Int64, in collection: CollectionSchema) async throws -> Bool

    /// Inserts or replaces, whatever the version.
    func put(_ record: Record, in collection: CollectionSchema) async throws

    /// `expected: nil` deletes whatever the version is. Tells whether there was such a record.
    func delete(id: String, expecting expected: Int64?, from collection: CollectionSchema) async throws -> Bool

    func deleteAll(ids: [String], from collection: CollectionSchema) async throws

    /// Returns to the file system a bounded part of the space that deleted records have left, on engines whose files do
    /// not shrink by themselves. For work that deletes what is old, not for requests.
    func releaseSpace() async throws

    /// How records can be told apart by when they were written, whichever program wrote them.
    func writeOrder() async throws -> WriteOrder

    /// Runs `closure`. If it throws, undoes what it did, and only that, and throws its error.
    func savepoint<Result: Sendable>(
        _ closure: @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result

    /// Runs `action` once the transaction is durable, and never otherwise. It runs on a thread of the driver, so it
    /// must be short.
    func afterCommit(_ action: @escaping @Sendable () -> Void)
}

extension Transaction {
    /// Deletes at most `limit` of the records that meet all conditions, those that come first by `sort`; returns how
    /// many.
    @discardableResult
    public func deleteAll(
        where conditions: [Condition], sort: [Sort] = [], limit: Int, from collection: CollectionSchema
    ) async throws -> Int {
        let ids = try await query(collection, Query(where: conditions, sort: sort, limit: limit)).map(\.id)
        if !ids.isEmpty { try await deleteAll(ids: ids, from: collection) }
        return ids.count
    }

    /// Deletes every record that meets all conditions, however many there are.
    public func deleteAll(where conditions: [Condition], from collection: CollectionSchema) async throws {
        while try await deleteAll(where: conditions, limit: 1000, from: collection) > 0 {}
    }

    public func releaseSpace() async throws {}

    public func writeOrder() async throws -> WriteOrder { .newest(foreign: nil) }
}

/// The answer of a transaction to a version conflict: somebody else changed what it had read.
public enum ConflictPolicy: Sendable, Hashable {
    /// Throws the conflict, for work that depends on what its caller has read before: a repetition would meet the same
    /// conflict. The default.
    case fail
    /// Runs the closure again, which reads everything anew; throws the conflict of the fifth run.
    case retry

    var runs: Int { self == .fail ? 1 : 5 }
}

extension Database {
    /// Runs `closure` in one transaction, again after a version conflict if `policy` says so.
    public func transaction<Result: Sendable>(
        onConflict policy: ConflictPolicy, _ closure: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result {
        for _ in 1..<policy.runs {
            do {
                return try await transaction(closure)
            } catch let error as StorageError where error.code == .versionConflict {
                continue
            }
        }
        return try await transaction(closure)
    }
}

/// A transaction's knowledge of those before it, for records that must stand in the order in which they were written.
public enum WriteOrder: Sendable, Hashable {
    /// A number greater than every one that a transaction got whose effects this one can see.
    case numbered(Int64)
    /// The newest record tells as much. `foreign` changes when anybody has written to the database in another way than
    /// through the same `Database`; it is `nil` if that may have happened at any time.
    case newest(foreign: Int64?)
}

/// A database that gathers several transactions in one commit, and counts both.
public protocol CommitCounting: Sendable {
    /// Since it was opened; each flushed its file.
    var commits: Int { get }
    /// How many transactions were in those commits.
    var transactions: Int { get }
}
