import FoundationEssentials
import Kernel

/// The entities of one kind in a service's database, whichever engine that is.
///
/// A write inside a transaction (`in: tx`) stands or falls with everything else in it: other entities, outbox,
/// inbox and idempotency rows.
public struct Repository<Root: Entity>: Sendable {
    public let database: any Database
    /// Computed once: drivers keep prepared statements by it.
    public let schema: CollectionSchema
    /// Takes out of an entity what is stored with it and not in it, for example the events that it has recorded.
    /// Returns how that is stored in the same transaction once the entity is, or `nil` if there is nothing.
    public typealias Detaching = @Sendable (inout Root) -> Attachment?
    public typealias Attachment = @Sendable (Root, any Transaction) async throws -> Void

    private let fields: [Field<Root>]
    private let decoded: DecodedDocuments<Root>?
    private let detach: Detaching?

    /// `name` is that of another collection than the entity's own, with the same fields.
    public init(_ database: any Database, named name: String? = nil) where Root.Recording == RecordsNothing {
        self.init(database, name: name, detach: nil, decoded: DecodedDocuments())
    }

    /// Makes a repository that stores with each entity what `detach` takes out of it.
    public init(_ database: any Database, detaching detach: @escaping Detaching) {
        self.init(database, name: nil, detach: detach, decoded: DecodedDocuments())
    }

    /// Makes a repository for a single look, whoever writes the entities: it keeps nothing that it has decoded. Storing
    /// an entity that records events by it is a programming error, since nobody would publish them.
    package init(reading database: any Database) {
        let refuse: Detaching = { _ in preconditionFailure("\(Root.collection.name) are only read here") }
        let recordsNothing = ObjectIdentifier(Root.Recording.self) == ObjectIdentifier(RecordsNothing.self)
        self.init(database, name: nil, detach: recordsNothing ? nil : refuse, decoded: nil)
    }

    private init(
        _ database: any Database, name: String?, detach: Detaching?, decoded: DecodedDocuments<Root>?
    ) {
        let collection = Root.collection
        self.database = database
        schema = CollectionSchema(name: name ?? collection.name, fields: collection.schema.fields)
        fields = collection.fields
        self.detach = detach
        self.decoded = decoded
    }

    public func find(_ id: String, in tx: any ReadTransaction) async throws -> Root? {
        try await tx.find(schema, id: id).map(entity)
    }

    /// Stores a new entity; returns it as stored, with version 1.
    /// Throws `StorageError.duplicate` when its id or a unique field is taken.
    @discardableResult
    public func insert(_ entity: Root, in tx: any Transaction) async throws -> Root {
        var stored = entity
        stored.version = 1
        let attachment = detach?(&stored)
        try await tx.insert(try record(stored), into: schema)
        try await attachment?(stored, tx)
        return stored
    }

    /// Replaces the stored entity, provided that its version is still the one that `entity` was read with; returns it
    /// with the version that follows. Throws `StorageError.versionConflict` when somebody else came first, or when
    /// there is no such entity.
    @discardableResult
    public func update(_ entity: Root, in tx: any Transaction) async throws -> Root {
        var stored = entity
        stored.version += 1
        let attachment = detach?(&stored)
        guard try await tx.update(try record(stored), expecting: entity.version, in: schema) else {
            throw conflict(entity)
        }
        try await attachment?(stored, tx)
        return stored
    }

    /// Deletes the entity, provided that it was not changed since `entity` was read; else
    /// `StorageError.versionConflict`. To what is stored with it, this is one version more.
    public func delete(_ entity: Root, in tx: any Transaction) async throws {
        guard try await tx.delete(id: entity.id, expecting: entity.version, from: schema) else {
            throw conflict(entity)
        }
        guard let detach else { return }
        var deleted = entity
        deleted.version += 1
        try await detach(&deleted)?(deleted, tx)
    }

    /// Deletes whatever the version is; tells whether there was one.
    @discardableResult
    public func delete(id: String, in tx: any Transaction) async throws -> Bool {
        try await tx.delete(id: id, expecting: nil, from: schema)
    }

    /// Returns the entities that the query asks for, at most `query.limit`.
    public func all(_ query: Query, in tx: any ReadTransaction) async throws -> [Root] {
        try schema.validate(query.conditions, sort: query.sort)
        return try await tx.query(schema, query).map(entity)
    }

    public func first(
        where conditions: [Condition], sort: [Sort] = [], in tx: any ReadTransaction
    ) async throws -> Root? {
        try await all(Query(where: conditions, sort: sort, limit: 1), in: tx).first
    }

    public func count(where conditions: [Condition] = [], in tx: any ReadTransaction) async throws -> Int {
        try schema.validate(conditions)
        return try await tx.count(schema, where: conditions)
    }

    private func conflict(_ entity: Root) -> StorageError {
        StorageError(.versionConflict, "\(schema.name) \(entity.id) is no longer at version \(entity.version)")
    }

    func record(_ entity: Root) throws -> Record {
        let document = try JSON.bytes(of: entity)
        decoded?.remember(entity, document)
        return Record(
            id: entity.id, version: entity.version, document: document, fields: fields.map { $0.value(entity) })
    }

    func entity(_ record: Record) throws -> Root {
        do {
            var entity = try decoded?.find(record.id, record.document) ?? decode(record)
            entity.version = record.version
            return entity
        } catch {
            throw StorageError(
                .internalFailure,
                "the stored document of \(schema.name) \(record.id) is not readable: \(ErrorText.of(error))")
        }
    }

    private func decode(_ record: Record) throws -> Root {
        let entity = try JSON.decode(Root.self, from: Data(record.document))
        decoded?.remember(entity, record.document)
        return entity
    }
}

extension Repository {
    /// Inserts unless the id is taken; tells whether it did.
    public func insertIfAbsent(_ entity: Root, in tx: any Transaction) async throws -> Bool {
        var stored = entity
        stored.version = 1
        let attachment = detach?(&stored)
        guard try await tx.insertIfAbsent(try record(stored), into: schema) else { return false }
        try await attachment?(stored, tx)
        return true
    }
}

/// Operations without a transaction at hand: each call opens its own.
extension Repository {
    public func find(_ id: String) async throws -> Root? {
        try await database.read { try await find(id, in: $0) }
    }

    @discardableResult
    public func insert(_ entity: Root) async throws -> Root {
        try await database.transaction { try await insert(entity, in: $0) }
    }

    @discardableResult
    public func update(_ entity: Root) async throws -> Root {
        try await database.transaction { try await update(entity, in: $0) }
    }

    public func delete(_ entity: Root) async throws {
        try await database.transaction { try await delete(entity, in: $0) }
    }

    @discardableResult
    public func delete(id: String) async throws -> Bool {
        try await database.transaction { try await delete(id: id, in: $0) }
    }

    public func page(_ request: PageRequest, where conditions: [Condition] = []) async throws -> Page<Root> {
        try await page(request, where: conditions) { $0 }
    }

    public func all(_ query: Query) async throws -> [Root] {
        try await database.read { try await all(query, in: $0) }
    }

    public func first(where conditions: [Condition], sort: [Sort] = []) async throws -> Root? {
        try await database.read { try await first(where: conditions, sort: sort, in: $0) }
    }

    public func count(where conditions: [Condition] = []) async throws -> Int {
        try await database.read { try await count(where: conditions, in: $0) }
    }
}
