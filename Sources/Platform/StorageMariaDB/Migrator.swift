import Storage
import StorageSQLClient

/// Brings a service's tables up to date. The server commits each change of a table at once: so each step is noted before
/// it is done, and what a migration that failed or died has noted is undone.
struct Migrator {
    /// The sequence of `Transaction.writeOrder`.
    static let ordinals = "ordinals"
    let session: Session<Connection>
    let tables: TableNames
    /// Noted beside each migration, RFC 3339.
    let time: String

    /// The lock keeps other programs out until its end, so that two that start together do it once.
    func run(_ migrations: [Migration]) async throws { try await alone { try await migrate(migrations) } }

    /// Makes the collections that are not there, whatever migrations say.
    func create(missing collections: [CollectionSchema]) async throws {
        try await alone {
            let known = try await Self.tables(of: tables, session)
            for collection in collections where !known.contains(collection.name) {
                try await make(collection, as: try tables.checked(tables.table(collection.name)))
            }
        }
    }

    static func tables(of names: TableNames, _ session: Session<Connection>) async throws -> Set<String> {
        let prefix = names.table("")
        let rows = try await session.run(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
                + "AND table_type = 'BASE TABLE' AND LEFT(table_name, ?) = ?",
            [.integer(Int64(prefix.count)), .text(prefix)])
        return Set((0..<rows.count).map { String(rows.text($0, 0).dropFirst(prefix.count)) })
    }

    private func alone(_ body: () async throws -> Void) async throws {
        let lock = SQLValue.text(tables.table("migrations"))
        let name = "SHA1(CONCAT(DATABASE(), '/', ?))"
        guard try await session.run(untimed("SELECT GET_LOCK(\(name), 86400)"), [lock]).first == 1 else {
            throw StorageError(.unavailable, "\(session.place): another program does not end its migration")
        }
        do {
            try await body()
            _ = try await session.run("SELECT RELEASE_LOCK(\(name))", [lock])
        } catch {
            _ = try? await session.run("SELECT RELEASE_LOCK(\(name))", [lock])
            throw error
        }
    }

    private func migrate(_ migrations: [Migration]) async throws {
        try await define(
            history, "version BIGINT PRIMARY KEY, name VARCHAR(255) NOT NULL, applied_at VARCHAR(64) NOT NULL")
        try await define(
            work, "number BIGINT PRIMARY KEY, collection VARCHAR(255) NOT NULL, field VARCHAR(255) NULL")
        _ = try await session.run("CREATE SEQUENCE IF NOT EXISTS \(quoted(tables.table(Self.ordinals)))")
        try await undo()
        let rows = try await session.run("SELECT version, name FROM \(history) ORDER BY version", [])
        let applied = (0..<rows.count).map { (version: Int(rows.integer($0, 0)), name: rows.text($0, 1)) }
        for migration in try Migration.pending(migrations, after: applied, at: session.place) {
            do {
                for (number, step) in migration.steps.enumerated() { try await apply(step, number) }
            } catch let error as StorageError {
                try await undo()
                throw migration.failure(error)
            }
            _ = try await session.run("START TRANSACTION")
            _ = try await session.run(
                "INSERT INTO \(history) VALUES (?, ?, ?)",
                [.integer(Int64(migration.version)), .text(migration.name), .text(time)])
            _ = try await session.run("DELETE FROM \(work)")
            _ = try await session.run("COMMIT")
        }
    }

    private var history: String { quoted(tables.table("schema_migrations")) }
    private var work: String { quoted(tables.table("schema_steps")) }

    private func define(_ table: String, _ columns: String) async throws {
        let isThere = try await has(
            "information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
            String(table.dropFirst().dropLast()))
        if !isThere { _ = try await session.run("CREATE TABLE \(table) (\(columns)) \(Self.options)") }
    }

    private func apply(_ step: Migration.Step, _ number: Int) async throws {
        switch step {
        case .create(let collection):
            let name = try tables.checked(tables.table(collection.name))
            let tableExists = "information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
            guard try await !has(tableExists, name) else {
                throw StorageError(.migration, "the table \(name) is there already")
            }
            try await note(number, collection.name, nil)
            try await make(collection, as: name)
        case .addField(let field, let collection, let value):
            let name = tables.table(collection)
            let columnExists =
                "information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?"
            guard try await !has(columnExists, name, field.name) else {
                throw StorageError(.migration, "\(name) has a field '\(field.name)' already")
            }
            try await note(number, collection, field.name)
            let changes = [try column(field), index(field)].compactMap { $0.map { "ADD \($0)" } }
            let list = changes.joined(separator: ", ")
            _ = try await session.run(untimed("ALTER TABLE \(quoted(name)) \(list)"))
            if let value { try await fill(field, of: name, value) }
        }
    }

    /// Gives the records that are there a value in the new field, a page in a transaction. What a migration that died
    /// had filled goes with the column.
    private func fill(_ field: FieldSchema, of table: String, _ value: Migration.ComputedValue) async throws {
        let page =
            "SELECT `id`, `document` FROM \(quoted(table)) WHERE `id` > ? ORDER BY `id` LIMIT \(FieldSchema.recordsAtOnce)"
        let update = "UPDATE \(quoted(table)) SET \(quoted(field.name)) = ? WHERE `id` = ?"
        var last = ""
        while true {
            let rows = try await session.run(page, [.text(last)])
            _ = try await session.run("START TRANSACTION")
            for row in 0..<rows.count {
                let id = rows.text(row, 0)
                let computed = try field.computed(by: value, from: rows.document(row, 1), id: id)
                guard computed != .null else { continue }
                _ = try await session.run(update, [SQLValue(computed, as: field.type), .text(id)])
            }
            _ = try await session.run("COMMIT")
            guard rows.count == FieldSchema.recordsAtOnce else { return }
            last = rows.text(rows.count - 1, 0)
        }
    }

    private func make(_ collection: CollectionSchema, as name: String) async throws {
        var lines = [
            "`id` VARBINARY(3072) PRIMARY KEY", "`version` BIGINT NOT NULL", "`document` LONGBLOB NOT NULL",
        ]
        lines += try collection.fields.map(column) + collection.fields.compactMap(index)
        let columns = lines.joined(separator: ", ")
        _ = try await session.run(untimed("CREATE TABLE \(quoted(name)) (\(columns)) \(Self.options)"))
    }

    private func note(_ number: Int, _ collection: String, _ field: String?) async throws {
        _ = try await session.run(
            "INSERT INTO \(work) VALUES (?, ?, ?)",
            [.integer(Int64(number)), .text(collection), field.map(SQLValue.text) ?? .null])
    }

    /// Takes back what was noted, last first. Nothing has used it yet.
    private func undo() async throws {
        let rows = try await session.run("SELECT collection, field, number FROM \(work) ORDER BY number DESC", [])
        for row in 0..<rows.count {
            let table = quoted(tables.table(rows.text(row, 0)))
            if let field = rows.value(row, 1, .text).text {
                _ = try await session.run(untimed("ALTER TABLE \(table) DROP COLUMN IF EXISTS \(quoted(field))"))
            } else {
                _ = try await session.run(untimed("DROP TABLE IF EXISTS \(table)"))
            }
            _ = try await session.run("DELETE FROM \(work) WHERE number = ?", [.integer(rows.integer(row, 2))])
        }
    }

    private func has(_ what: String, _ values: String...) async throws -> Bool {
        try await session.run("SELECT 1 FROM \(what)", values.map(SQLValue.text)).count > 0
    }

    /// Big tables take their time.
    private func untimed(_ statement: String) -> String { "SET STATEMENT max_statement_time = 0 FOR \(statement)" }

    private func index(_ field: FieldSchema) -> String? {
        guard field.isIndexed || field.isUnique else { return nil }
        // InnoDB appends the id by itself.
        return "\(field.isUnique ? "UNIQUE KEY" : "KEY") \(quoted(field.name)) (\(quoted(field.name)))"
    }

    /// Text compares by its bytes, as on every other engine. What is indexed has to be bytes to be as long as an index can
    /// hold.
    private func column(_ field: FieldSchema) throws -> String {
        try field.checkName()
        let type =
            switch field.type {
            case .integer: "BIGINT"
            case .real: "DOUBLE"
            case .text: field.isIndexed || field.isUnique ? "VARBINARY(3072)" : "LONGTEXT"
            case .boolean: "BOOLEAN"
            }
        return "\(quoted(try tables.checked(field.name))) \(type)"
    }

    private static let options = "ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin"
}

extension Rows {
    fileprivate var first: Int64? { count == 0 ? nil : integer(0, 0) }
}
