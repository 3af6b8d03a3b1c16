import Storage

/// Brings a file's schema up to date: `schema_migrations` holds what was done.
struct Migrator {
    let connection: Connection
    /// Noted beside each migration, RFC 3339.
    let time: String

    /// All that is missing in one transaction that keeps other processes out, so that two that start together do it once.
    func run(_ migrations: [Migration]) throws {
        try alone {
            try connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations "
                    + "(version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)")
            let applied = try connection.statement("SELECT version, name FROM schema_migrations ORDER BY version")
                .rows { (version: Int($0.integer(0)), name: $0.text(1)) }
            for migration in try Migration.pending(migrations, after: applied, at: connection.path) {
                try apply(migration)
            }
        }
    }

    /// Makes the collections that are not there, whatever migrations say.
    func create(missing collections: [CollectionSchema]) throws {
        let known = try Self.tables(of: connection)
        guard !collections.allSatisfy({ known.contains($0.name) }) else { return }
        try alone {
            let tables = try Self.tables(of: connection)
            for collection in collections where !tables.contains(collection.name) { try create(collection) }
        }
    }

    static func tables(of connection: Connection) throws(StorageError) -> Set<String> {
        Set(
            try connection.statement(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"
            ).rows { $0.text(0) })
    }

    private func alone(_ body: () throws -> Void) throws {
        try connection.execute("BEGIN EXCLUSIVE")
        do {
            try body()
            try connection.commit()
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    private func apply(_ migration: Migration) throws {
        do {
            for step in migration.steps {
                switch step {
                case .create(let schema): try create(schema)
                case .addField(let field, let collection, let value): try add(field, to: collection, value)
                }
            }
        } catch let error as StorageError {
            throw migration.failure(error)
        }
        let note = try connection.statement(
            "INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, ?)")
        note.bind(1, Int64(migration.version))
        note.bind(2, migration.name)
        note.bind(3, time)
        try note.run()
    }

    private func create(_ schema: CollectionSchema) throws {
        var columns = [
            "\"id\" TEXT NOT NULL PRIMARY KEY", "\"version\" INTEGER NOT NULL", "\"document\" TEXT NOT NULL",
        ]
        for field in schema.fields {
            try field.checkName()
            columns.append(column(field))
        }
        // One tree holds the rows in the order of their ids: an insert touches one place less than with a hidden rowid.
        try connection.execute(
            "CREATE TABLE \(quoted(schema.name)) (\(columns.joined(separator: ", "))) WITHOUT ROWID")
        for field in schema.fields { try index(field, of: schema.name) }
    }

    private func add(_ field: FieldSchema, to collection: String, _ value: Migration.ComputedValue?) throws {
        try field.checkName()
        try connection.execute("ALTER TABLE \(quoted(collection)) ADD COLUMN \(column(field))")
        if let value { try fill(field, of: collection, value) }
        try index(field, of: collection)
    }

    /// Gives the records that are there a value in the new field.
    private func fill(_ field: FieldSchema, of collection: String, _ value: Migration.ComputedValue) throws {
        let table = quoted(collection)
        let read = try connection.statement(
            "SELECT \"id\", \"document\" FROM \(table) WHERE \"id\" > ?1 ORDER BY \"id\" LIMIT \(FieldSchema.recordsAtOnce)"
        )
        let write = try connection.statement("UPDATE \(table) SET \(quoted(field.name)) = ?1 WHERE \"id\" = ?2")
        var last = ""
        while true {
            read.bind(1, last)
            let rows = try read.rows { (id: $0.text(0), document: $0.bytes(1)) }
            for row in rows {
                let computed = try field.computed(by: value, from: row.document, id: row.id)
                guard computed != .null else { continue }
                write.bind(1, computed)
                write.bind(2, row.id)
                try write.run()
            }
            guard let end = rows.last, rows.count == FieldSchema.recordsAtOnce else { return }
            last = end.id
        }
    }

    private func index(_ field: FieldSchema, of collection: String) throws {
        guard field.isIndexed || field.isUnique else { return }
        try connection.execute(
            "CREATE \(field.isUnique ? "UNIQUE " : "")INDEX \(quoted("\(collection)_\(field.name)")) "
                + "ON \(quoted(collection)) (\(quoted(field.name)))")
    }

    private func column(_ field: FieldSchema) -> String {
        let type =
            switch field.type {
            case .integer, .boolean: "INTEGER"
            case .real: "REAL"
            case .text: "TEXT"
            }
        return "\(quoted(field.name)) \(type)"
    }
}
