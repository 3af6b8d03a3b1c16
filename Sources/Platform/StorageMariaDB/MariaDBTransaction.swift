import Kernel
import Storage
import StorageSQLClient

/// The handle that a transaction closure works with. A unique index that refuses fails its statement only.
struct MariaDBTransaction: ServerTransaction {
    let session: Session<Connection>
    let tables: TableNames
    let texts: CollectionTexts
    let isReading: Bool
    /// The longest that a query may take, where that is less than the connection's own limit.
    var timeLimit: Duration?

    var queryPrefix: String { timeLimit.map { "SET STATEMENT max_statement_time = \($0.seconds) FOR " } ?? "" }
    // What is read by its id is changed more often than not: two that shared it would be in each other's way.
    var findLock: String { isReading ? "" : " FOR UPDATE" }
    var queryLock: String { isReading ? "" : " LOCK IN SHARE MODE" }

    func insertIfAbsent(_ record: Record, into collection: CollectionSchema) async throws -> Bool {
        let values = try values(record, in: collection)
        do {
            _ = try await session.run(sql(collection).insert, values)
            return true
        } catch  where error.code == .duplicate(field: "id") {
            return false
        }
    }

    func update(_ record: Record, expecting expected: Int64, in collection: CollectionSchema) async throws -> Bool {
        let values = try replacement(record, in: collection) + [.integer(expected)]
        return try await session.run(sql(collection).update, values).changes > 0
    }

    /// The server's own "insert or update" would take a record with the same unique field for this one.
    func put(_ record: Record, in collection: CollectionSchema) async throws {
        let replacement = try replacement(record, in: collection)
        if try await session.run(sql(collection).replace, replacement).changes > 0 { return }
        try await insert(record, into: collection)
    }

    /// To look for the newest record would set every two transactions against each other that do so.
    func writeOrder() async throws -> WriteOrder {
        let next = "SELECT NEXT VALUE FOR \(quoted(tables.table(Migrator.ordinals)))"
        return .numbered(try await session.run(next, []).integer(0, 0))
    }
}

extension SQLDialect {
    static let mariaDB = SQLDialect(quote: "`") { _ in
        "?"
    } differs: {
        "NOT (\($0) <=> \($1))"
    }
}

func quoted(_ name: String) -> String { SQLDialect.mariaDB.quoted(name) }
