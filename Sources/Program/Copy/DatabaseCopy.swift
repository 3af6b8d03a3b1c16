import Kernel
import Messaging
import ServiceHost
import Storage

/// The progress of a copy.
protocol CopyProgress: Sendable {
    func begin(_ collection: String, total: Int)
    /// Shows the number of records copied so far.
    func show(_ done: Int)
}

/// Copies all collections of a service from one database to another, record by record as they are stored, and compares
/// them afterwards.
struct DatabaseCopy: Sendable {
    /// A collection that is equal in source and target.
    struct Copy: Sendable, Hashable {
        let collection: String
        let records: Int
        /// The SHA-256 over all records.
        let checksum: String
    }
    private let service: String
    private let migrations: [Migration]
    private let collections: [CollectionSchema]
    private let loop: any Loop
    /// The number of records per transaction.
    private static let batch = 250

    init(_ migrations: [Migration], of service: String, loop: any Loop) {
        self.service = service
        self.migrations = migrations
        self.loop = loop
        collections = Self.collections(of: migrations)
    }

    /// Migrates both stores first; each must have one connection. Throws `UsageError` if another program has one of them
    /// open, the target is not empty, the source is empty, or it was changed meanwhile; records copied until then stay in
    /// the target. Closes both.
    func run(
        from source: any ClaimableDatabase, to target: any ClaimableDatabase, showing progress: any CopyProgress
    ) async throws -> [Copy] {
        let result: Result<[Copy], any Error>
        do {
            result = .success(try await copyAll(source, target, progress))
        } catch {
            result = .failure(error)
        }
        for database in [source, target] {
            // If that fails, its connection is lost, and the claim with it.
            try? await database.releaseExclusive()
            await database.close()
        }
        return try result.get()
    }

    private func copyAll(
        _ source: any ClaimableDatabase, _ target: any ClaimableDatabase, _ progress: any CopyProgress
    ) async throws -> [Copy] {
        // Before anything is done to it.
        guard try await isAlone(source) else {
            throw UsageError("another program has the source open: stop the service, then try again")
        }
        try await source.migrate(migrations)
        // Collections of the platform, which belong to no migration.
        let names = try await source.collectionNames()
        let platform = ([PublishedEvents.schema] + AuditLog.schemas).filter { names.contains($0.name) }
        let collections = self.collections + platform
        let totals = try await counts(collections, source)
        guard totals.contains(where: { $0 > 0 }) else { throw UsageError("the source is empty") }
        guard try await isAlone(target) else { throw UsageError("another program has the target open: stop it") }
        try await target.migrate(migrations)
        if !platform.isEmpty { try await target.create(missing: platform) }
        for (collection, count) in zip(collections, try await counts(collections, target)) where count > 0 {
            throw UsageError("the target has \(count) records of \(collection.name) already: it must be empty")
        }
        var copies: [Copy] = []
        for (collection, total) in zip(collections, totals) {
            copies.append(try await copy(collection, total, source, target, progress))
        }
        for (copy, collection) in zip(copies, collections) { try await compare(copy, of: collection, source, target) }
        // A program that opened it meanwhile may change it from now on.
        guard try await isAlone(source) else {
            throw UsageError(
                "another program has opened the source while it was copied: stop the service, empty the target, then try again"
            )
        }
        try await identify(target, asCopyOf: try await source.storeState())
        return copies
    }

    /// Gives the target an identity as a copy, so that the service does not return to the source by mistake.
    private func identify(_ target: any ClaimableDatabase, asCopyOf source: StoreState) async throws {
        var origin: StoreIdentity.Origin?
        if case .named(let store) = source { origin = .init(id: store.id, starts: store.starts) }
        try await target.setIdentity(.new(of: service, loop: loop, origin: origin))
    }

    /// Whether no other program has the store open. A server needs a moment to notice that a program has left.
    private func isAlone(_ database: any ClaimableDatabase) async throws -> Bool {
        for _ in 0..<20 {
            if try await database.acquireExclusive() { return true }
            try await loop.sleep(for: .milliseconds(100))
        }
        return try await database.acquireExclusive()
    }

    private func copy(
        _ collection: CollectionSchema, _ total: Int, _ source: any Database, _ target: any Database,
        _ progress: any CopyProgress
    ) async throws -> Copy {
        progress.begin(collection.name, total: total)
        var checksum = RecordChecksum()
        try await forEachBatch(of: collection, in: source) { records in
            try await target.transaction { tx in
                for record in records { try await tx.insert(record, into: collection) }
            }
            for record in records { checksum.add(record, of: collection) }
            progress.show(checksum.count)
        }
        return Copy(collection: collection.name, records: checksum.count, checksum: checksum.text)
    }

    /// Reads both again, from the beginning.
    private func compare(
        _ copy: Copy, of collection: CollectionSchema, _ source: any Database, _ target: any Database
    ) async throws {
        guard try await read(collection, in: target) == copy else {
            throw UsageError("the copy of \(copy.collection) differs from the source: do not use the target")
        }
        guard try await read(collection, in: source) == copy else {
            throw UsageError(
                "\(copy.collection) was changed while it was copied: stop the service, empty the target, then try again"
            )
        }
    }

    private func read(_ collection: CollectionSchema, in database: any Database) async throws -> Copy {
        var checksum = RecordChecksum()
        try await forEachBatch(of: collection, in: database) { records in
            for record in records { checksum.add(record, of: collection) }
        }
        return Copy(collection: collection.name, records: checksum.count, checksum: checksum.text)
    }

    /// Reads in batches, sorted by id, which has the same order on every engine.
    private func forEachBatch(
        of collection: CollectionSchema, in database: any Database, _ body: ([Record]) async throws -> Void
    ) async throws {
        var last: String?
        while true {
            let conditions = last.map { [Condition.greater("id", .text($0))] } ?? []
            let query = Query(where: conditions, sort: [Sort("id")], limit: Self.batch)
            let records = try await database.read { try await $0.query(collection, query) }
            if !records.isEmpty { try await body(records) }
            guard let end = records.last, records.count == Self.batch else { return }
            last = end.id
        }
    }

    private func counts(_ collections: [CollectionSchema], _ database: any Database) async throws -> [Int] {
        try await database.read { tx in
            var counts: [Int] = []
            for collection in collections { counts.append(try await tx.count(collection, where: [])) }
            return counts
        }
    }

    /// The collections that the migrations create.
    static func collections(of migrations: [Migration]) -> [CollectionSchema] {
        var collections: [CollectionSchema] = []
        for step in migrations.flatMap(\.steps) {
            switch step {
            case .create(let collection): collections.append(collection)
            case .addField(let field, let name, _):
                guard let index = collections.firstIndex(where: { $0.name == name }) else { continue }
                collections[index] = CollectionSchema(name: name, fields: collections[index].fields + [field])
            }
        }
        return collections
    }
}
