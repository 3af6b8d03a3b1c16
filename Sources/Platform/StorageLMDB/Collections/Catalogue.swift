import CLMDB
import FoundationEssentials
import Kernel
import Storage

/// Which collections and indexes there are, and the open tables that hold them.
struct Catalogue: Sendable {
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
