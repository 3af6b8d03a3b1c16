import CLMDB
import FoundationEssentials
import Kernel
import Storage
import Synchronization

/// Which collections and indexes there are, and the open tables that hold them.
struct CollectionRegistry: Sendable {
    /// Holds an entry for each migration and for each collection.
    static let tableName = "schema"

    /// How many entries the schema had when this was read.
    private(set) var entries = 0
    private(set) var collections: [String: StoredCollection] = [:]
    private(set) var applied: [(version: Int, name: String)] = []

    init() {}

    /// Reads the schema and opens its tables.
    init(_ session: Session) throws {
        try session.withCursor(session.schemaTable) { cursor in
            var entry = try cursor.move(MDB_FIRST)
            while let found = entry {
                try add(String(decoding: found.key, as: UTF8.self), Data(found.value), session)
                entries += 1
                entry = try cursor.move(MDB_NEXT)
            }
        }
    }

    private mutating func add(_ key: String, _ value: Data, _ session: Session) throws {
        if key.hasPrefix(AppliedMigration.keyPrefix) {
            let migration = try JSON.decode(AppliedMigration.self, from: value)
            applied.append((migration.version, migration.name))
        } else {
            let schema = try JSON.decode(CollectionNote.self, from: value)
            collections[schema.name] = try StoredCollection(schema, session)
        }
    }
}

/// A migration as the schema notes it.
struct AppliedMigration: Codable {
    let version: Int
    let name: String
    /// RFC 3339.
    let appliedAt: String

    static let keyPrefix = "migration/"

    /// In the order of the versions.
    var key: String {
        let digits = String(version)
        return Self.keyPrefix + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }
}

/// A collection as the schema notes it.
struct CollectionNote: Codable {
    struct Field: Codable {
        let name: String
        let type: String
        let isUnique: Bool
        let isIndexed: Bool
    }
    let name: String
    /// In the order in which records hold them.
    var fields: [Field]

    var key: String { "collection/" + name }
    var recordsTable: String { "records/" + name }
    func indexTable(_ field: Field) -> String { "index/\(name)/\(field.name)" }
}

/// A collection's open tables: its records by id, and for each indexed field the ids by the field's value.
final class StoredCollection: Sendable {
    struct Index: Sendable {
        /// The field's place in the stored order.
        let slot: Int
        let table: MDB_dbi
        let isUnique: Bool
    }
    let name: String
    let fields: [FieldSchema]
    let records: MDB_dbi
    let indexes: [Index]
    private let lastLayout = Mutex<(schema: CollectionSchema, slots: [Int])?>(nil)

    init(_ note: CollectionNote, _ session: Session) throws(StorageError) {
        name = note.name
        fields = note.fields.map { field in
            FieldSchema(
                name: field.name, type: FieldType(rawValue: field.type) ?? .text, isUnique: field.isUnique,
                isIndexed: field.isIndexed)
        }
        records = try session.openTable(note.recordsTable, flags: 0)
        var indexes: [Index] = []
        for (slot, field) in note.fields.enumerated() where field.isIndexed || field.isUnique {
            let table = try session.openTable(note.indexTable(field), flags: MDB_DUPSORT)
            indexes.append(Index(slot: slot, table: table, isUnique: field.isUnique))
        }
        self.indexes = indexes
    }

    /// Where the fields of `schema`, in its order, lie in the stored order.
    func slots(of schema: CollectionSchema) throws(StorageError) -> [Int] {
        try lastLayout.withLock { last throws(StorageError) in
            if let last, last.schema == schema { return last.slots }
            var slots: [Int] = []
            for field in schema.fields {
                guard let slot = fields.firstIndex(where: { $0.name == field.name && $0.type == field.type }) else {
                    throw StorageError(
                        .internalFailure, "\(name) has no field '\(field.name)' of that type: a migration is missing")
                }
                slots.append(slot)
            }
            last = (schema, slots)
            return slots
        }
    }

    func index(at slot: Int) -> Index? { indexes.first { $0.slot == slot } }

    /// The key under which a value stands in the index of that field.
    func key(_ value: FieldValue, at slot: Int) -> [UInt8] { SortableKey.value(value, fields[slot].type) }
}

extension Session {
    /// Opens a table for as long as the environment is open, from the commit of the transaction on.
    func openTable(_ name: String, flags: CInt) throws(StorageError) -> MDB_dbi {
        var table: MDB_dbi = 0
        let code = mdb_dbi_open(transaction, name, UInt32(flags), &table)
        if code == MDB_DBS_FULL { throw StorageError(.migration, "\(path): too many collections and indexes") }
        try check(code)
        return table
    }

    func collection(_ schema: CollectionSchema) throws(StorageError) -> OpenCollection {
        guard let stored = registry.collections[schema.name] else {
            throw StorageError(.internalFailure, "\(path): there is no collection \(schema.name)")
        }
        return OpenCollection(session: self, schema: schema, stored: stored, slots: try stored.slots(of: schema))
    }
}
