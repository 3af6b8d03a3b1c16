import Storage
import StorageSQLClient

/// Brings a schema up to date: `schema_migrations` holds what was done.
struct Migrator {
    /// The sequence of `Transaction.writeOrder`.
    static let ordinals = "ordinals"
    let session: Session<Connection>
    let schema: String
    /// Noted beside each migration, RFC 3339.
    let time: String

    /// Runs inside a transaction. The lock keeps other programs out until its end, so that two that start together do
    /// it once.
    func run(_ migrations: [Migration]) async throws {
        try await prepare()
        try await bringUpToDate(migrations)
    }

    /// Makes the collections that are not there, whatever migrations say.
    func create(missing collections: [CollectionSchema]) async throws {
        try await prepare()
        let tables = try await Self.tables(of: schema, session)
        for collection in collections where !tables.contains(collection.name) { try await apply(.create(collection)) }
    }

    static func tables(of schema: String, _ session: Session<Connection>) async throws -> Set<String> {
        let rows = try await session.run(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = $1", [.text(schema)])
        return Set((0..<rows.count).map { rows.text($0, 0) })
    }

    private func prepare() async throws {
        _ = try await session.run("SET LOCAL statement_timeout = 0")
        _ = try await session.run("SET LOCAL lock_timeout = 0")
        _ = try await session.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [.text("sambal:" + schema)])
        // Where an operator has made it, the program need not be allowed to.
        if try await session.run("SELECT 1 FROM pg_namespace WHERE nspname = $1", [.text(schema)]).count == 0 {
            _ = try await session.run("CREATE SCHEMA \(quoted(schema))")
        }
    }

    private func bringUpToDate(_ migrations: [Migration]) async throws {
        _ = try await session.run(
            "CREATE TABLE IF NOT EXISTS schema_migrations "
                + "(version bigint PRIMARY KEY, name text NOT NULL, applied_at text NOT NULL)")
        _ = try await session.run("CREATE SEQUENCE IF NOT EXISTS \(Self.ordinals)")
        let rows = try await session.run("SELECT version, name FROM schema_migrations ORDER BY version", [])
        let applied = (0..<rows.count).map { (version: Int(rows.integer($0, 0)), name: rows.text($0, 1)) }
        for migration in try Migration.pending(migrations, after: applied, at: session.place) {
            do {
                for step in migration.steps { try await apply(step) }
            } catch let error as StorageError {
                throw migration.failure(error)
            }
            _ = try await session.run(
                "INSERT INTO schema_migrations VALUES ($1, $2, $3)",
                [.integer(Int64(migration.version)), .text(migration.name), .text(time)])
        }
    }

    private func apply(_ step: Migration.Step) async throws {
        switch step {
        case .create(let collection):
            try checkLength(collection.name)
            var columns = [
                "\"id\" text COLLATE \"C\" PRIMARY KEY", "\"version\" bigint NOT NULL", "\"document\" bytea NOT NULL",
            ]
            for field in collection.fields { columns.append(try column(field)) }
            _ = try await session.run("CREATE TABLE \(quoted(collection.name)) (\(columns.joined(separator: ", ")))")
            for field in collection.fields { try await index(field, of: collection.name) }
        case .addField(let field, let collection, let value):
            _ = try await session.run("ALTER TABLE \(quoted(collection)) ADD COLUMN \(try column(field))")
            if let value { try await fill(field, of: collection, value) }
            try await index(field, of: collection)
        }
    }

    /// Gives the records that are there a value in the new field.
    private func fill(_ field: FieldSchema, of collection: String, _ value: Migration.ComputedValue) async throws {
        let table = quoted(collection)
        let page =
            "SELECT \"id\", \"document\" FROM \(table) WHERE \"id\" > $1 ORDER BY \"id\" LIMIT \(FieldSchema.recordsAtOnce)"
        let update = "UPDATE \(table) SET \(quoted(field.name)) = $1 WHERE \"id\" = $2"
        var last = ""
        while true {
            let rows = try await session.run(page, [.text(last)])
            for row in 0..<rows.count {
                let id = rows.text(row, 0)
                let computed = try field.computed(by: value, from: rows.document(row, 1), id: id)
                guard computed != .null else { continue }
                _ = try await session.run(update, [SQLValue(computed, as: field.type), .text(id)])
            }
            guard rows.count == FieldSchema.recordsAtOnce else { return }
            last = rows.text(rows.count - 1, 0)
        }
    }

    private func index(_ field: FieldSchema, of collection: String) async throws {
        guard field.isIndexed || field.isUnique else { return }
        // Null comes first in every engine's order; the server's own order has it last.
        let kind = field.isUnique ? "UNIQUE INDEX" : "INDEX"
        let columns = field.isUnique ? quoted(field.name) : "\(quoted(field.name)) NULLS FIRST, \"id\""
        _ = try await session.run("CREATE \(kind) ON \(quoted(collection)) (\(columns))")
    }

    /// Text compares by its bytes, as on every other engine.
    private func column(_ field: FieldSchema) throws -> String {
        try field.checkName()
        try checkLength(field.name)
        let type =
            switch field.type {
            case .integer: "bigint"
            case .real: "double precision"
            case .text: "text COLLATE \"C\""
            case .boolean: "boolean"
            }
        return "\(quoted(field.name)) \(type)"
    }

    /// The server would cut a longer name short.
    private func checkLength(_ name: String) throws(StorageError) {
        guard name.utf8.count < 64 else { throw StorageError(.migration, "the name '\(name)' is longer than 63 bytes") }
    }
}

extension SQLDialect {
    /// Null comes first in every engine's order; PostgreSQL's own has it last.
    static let postgreSQL = SQLDialect(ascending: "ASC NULLS FIRST", descending: "DESC NULLS LAST") {
        "$\($0)"
    } differs: {
        "\($0) IS DISTINCT FROM \($1)"
    }
}

extension CollectionSQL {
    /// Does nothing where the id or a unique field is taken: an error would end the transaction. Gives the row's place
    /// otherwise, a number for what comes after it, and the transaction's.
    var insertIfFree: String {
        "\(insert) ON CONFLICT DO NOTHING RETURNING ctid, nextval('\(Migrator.ordinals)'), txid_current()"
    }
    /// An error if there is nothing to update.
    var updateOrFail: String { orFail(update) }
    /// Updates a row whose place is known: version, document and fields; then the place.
    var updateAtPlaceOrFail: String { orFail("\(assign) WHERE ctid = \(valueAfterAssign)") }

    private func orFail(_ update: String) -> String {
        "WITH written AS (\(update) RETURNING 1) SELECT 1 / count(*) FROM written"
    }
}

func quoted(_ name: String) -> String { SQLDialect.postgreSQL.quoted(name) }
