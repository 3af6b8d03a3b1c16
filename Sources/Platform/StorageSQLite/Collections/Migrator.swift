import Storage

/// Brings a file's schema up to date: `schema_migrations` holds what was done.
struct Migrator {
    let connection: Connection
    /// Noted beside each migration, RFC 3339.
    let time: String

    /// All that is missing in one transaction that keeps other processes out, so that two that start together do it once.
    func run(_ migrations: [Migration]) throws {
        try checkNumbers(migrations)
        try connection.execute("BEGIN EXCLUSIVE")
        do {
            try connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations "
                    + "(version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)")
            let applied = try connection.statement("SELECT version, name FROM schema_migrations ORDER BY version")
                .rows { (Int($0.integer(0)), $0.text(1)) }
            try checkHistory(applied, against: migrations)
            for migration in migrations.dropFirst(applied.count) { try apply(migration) }
            try connection.commit()
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    private func checkNumbers(_ migrations: [Migration]) throws {
        for (index, migration) in migrations.enumerated() where migration.version != index + 1 {
            throw StorageError(
                .migration, "migration \(migration.version) '\(migration.name)' should have number \(index + 1)")
        }
    }

    private func checkHistory(_ applied: [(version: Int, name: String)], against migrations: [Migration]) throws {
        guard applied.count <= migrations.count else {
            throw StorageError(
                .migration,
                "the schema of \(connection.path) is newer than this program: it is at version \(applied.count), "
                    + "the program knows \(migrations.count)")
        }
        for (done, known) in zip(applied, migrations) where done.version != known.version || done.name != known.name {
            throw StorageError(
                .migration,
                "\(connection.path) was migrated by another program: it has \(done.version) '\(done.name)' where this "
                    + "one has \(known.version) '\(known.name)'")
        }
    }

    private func apply(_ migration: Migration) throws {
        do {
            for step in migration.steps {
                switch step {
                case .create(let schema): try create(schema)
                case .addField(let field, let collection): try add(field, to: collection)
                }
            }
        } catch let error as StorageError where error.code != .unavailable {
            throw StorageError(
                .migration, "migration \(migration.version) '\(migration.name)' failed: \(error.message)")
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
            try checkName(field)
            columns.append(column(field))
        }
        // One tree holds the rows in the order of their ids: an insert touches one place less than with a hidden rowid.
        try connection.execute(
            "CREATE TABLE \(quoted(schema.name)) (\(columns.joined(separator: ", "))) WITHOUT ROWID")
        for field in schema.fields { try index(field, of: schema.name) }
    }

    private func add(_ field: FieldSchema, to collection: String) throws {
        try checkName(field)
        try connection.execute("ALTER TABLE \(quoted(collection)) ADD COLUMN \(column(field))")
        try index(field, of: collection)
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

    private func checkName(_ field: FieldSchema) throws {
        guard !["id", "version", "document"].contains(field.name.lowercased()) else {
            throw StorageError(.migration, "'\(field.name)' is a column of every collection already")
        }
    }
}
