import Kernel

/// One step of a service's schema: numbered from 1 without gaps, never changed once released, never undone.
public struct Migration: Sendable {
    public enum Step: Sendable {
        /// Creates the table with its declared fields and indexes.
        case create(CollectionSchema)
        /// Adds a declared field and its index. Existing records hold null in it, or what `value` computes from their
        /// documents; it runs once for each record, in the migration.
        case addField(FieldSchema, to: String, value: ComputedValue? = nil)

        /// Adds a field that the collection declares now.
        public static func addField(
            _ name: String, of schema: CollectionSchema, value: ComputedValue? = nil
        ) -> Step {
            guard let field = schema.fields.first(where: { $0.name == name }) else {
                preconditionFailure("\(schema.name) declares no \(name)")
            }
            return .addField(field, to: schema.name, value: value)
        }
    }
    /// Computes a field from a record's document, which is JSON.
    public typealias ComputedValue = @Sendable (_ document: [UInt8]) throws -> FieldValue

    public let version: Int
    public let name: String
    public let steps: [Step]

    public init(_ version: Int, _ name: String, _ steps: [Step]) {
        self.version = version
        self.name = name
        self.steps = steps
    }
}

extension Migration {
    /// Those of `migrations` that are not among `applied`, after a check that both tell the same story.
    /// Throws `StorageError` `.migration`, naming `place`, when the schema is newer or somebody else's.
    package static func pending(
        _ migrations: [Migration], after applied: [(version: Int, name: String)], at place: String
    ) throws(StorageError) -> ArraySlice<Migration> {
        for (index, migration) in migrations.enumerated() where migration.version != index + 1 {
            throw StorageError(
                .migration, "migration \(migration.version) '\(migration.name)' should have number \(index + 1)")
        }
        guard applied.count <= migrations.count else {
            throw StorageError(
                .migration,
                "the schema of \(place) is newer than this program: it is at version \(applied.count), "
                    + "the program knows \(migrations.count). See docs/runbook.md#schema-newer")
        }
        for (done, known) in zip(applied, migrations) where done.version != known.version || done.name != known.name {
            throw StorageError(
                .migration,
                "\(place) was migrated by another program: it has \(done.version) '\(done.name)' where this "
                    + "one has \(known.version) '\(known.name)'. See docs/runbook.md#store-of-another-service")
        }
        return migrations.dropFirst(applied.count)
    }

    /// Returns the error as `StorageError` `.migration`; one that may be gone later stays as it is.
    package func failure(_ error: StorageError) -> StorageError {
        guard error.code != .unavailable, error.code != .outcomeUnknown else { return error }
        return StorageError(.migration, "migration \(version) '\(name)' failed: \(error.message)")
    }
}

extension FieldSchema {
    /// How many records a migration reads at a time when it fills a field.
    package static let recordsAtOnce = 500

    /// Returns the field's value in the record of that id, as it is stored. Throws `StorageError` that names the record.
    package func computed(
        by value: Migration.ComputedValue, from document: [UInt8], id: String
    ) throws(StorageError) -> FieldValue {
        do {
            return try value(document).stored(as: type)
        } catch {
            throw StorageError(
                .migration, "the field '\(name)' of the record \(id) cannot be computed: \(ErrorText.of(error))")
        }
    }

    /// Throws `StorageError` `.migration` where every collection has something of that name already.
    package func checkName() throws(StorageError) {
        guard !["id", "version", "document"].contains(name.lowercased()) else {
            throw StorageError(.migration, "'\(name)' is a column of every collection already")
        }
    }
}
