import CSQLite
import Storage
import StorageSQLClient

/// The driver's operations on one collection, as statements prepared at first use.
final class CollectionStatements {
    let schema: CollectionSchema
    let sql: CollectionSQL
    private unowned let connection: Connection
    private var kept: [Kind: Statement] = [:]

    private enum Kind { case find, insert, insertIfAbsent, put, update, delete, deleteVersion }

    init(_ schema: CollectionSchema, _ connection: Connection) {
        self.schema = schema
        self.connection = connection
        sql = CollectionSQL(schema, .sqlite)
    }

    func find(_ id: String) throws -> Record? {
        let statement = try statement(.find, sql.find)
        statement.bind(1, id)
        return try statement.first(record)
    }

    func query(_ query: Query) throws -> [Record] {
        try schema.validate(query.conditions, sort: query.sort)
        let statement = try connection.statement(sql.query(query))
        let next = bind(query.conditions, to: statement)
        statement.bind(next, Int64(query.limit))
        statement.bind(next + 1, Int64(query.offset))
        return try statement.rows(record)
    }

    func count(_ conditions: [Condition]) throws -> Int {
        try schema.validate(conditions)
        let statement = try connection.statement(sql.count(conditions))
        _ = bind(conditions, to: statement)
        return Int(try statement.first { $0.integer(0) } ?? 0)
    }

    func insert(_ record: Record) throws {
        try write(record, try statement(.insert, sql.insert))
    }

    func insertIfAbsent(_ record: Record) throws -> Bool {
        try write(record, try statement(.insertIfAbsent, sql.insertIfAbsent)) > 0
    }

    func put(_ record: Record) throws {
        try write(record, try statement(.put, sql.put))
    }

    func update(_ record: Record, expecting expected: Int64) throws -> Bool {
        let statement = try statement(.update, sql.update)
        statement.bind(3 + schema.fields.count, record.id)
        statement.bind(4 + schema.fields.count, expected)
        return try write(record, from: 1, statement) > 0
    }

    func delete(id: String, expecting expected: Int64?) throws -> Bool {
        guard let expected else {
            let statement = try statement(.delete, sql.delete)
            statement.bind(1, id)
            return try statement.run() > 0
        }
        let statement = try statement(.deleteVersion, sql.deleteVersion)
        statement.bind(1, id)
        statement.bind(2, expected)
        return try statement.run() > 0
    }

    /// Statements that insert take id, version, document and the fields as parameters 1, 2, 3 and so on.
    @discardableResult
    private func write(_ record: Record, _ statement: Statement) throws -> Int {
        statement.bind(1, record.id)
        return try write(record, from: 2, statement)
    }

    private func write(_ record: Record, from first: Int, _ statement: Statement) throws -> Int {
        try schema.validate(record)
        return try record.document.withUnsafeBufferPointer { document in
            defer { statement.clear() }
            statement.bind(first, record.version)
            statement.bind(first + 1, utf8: document, copying: false)
            for index in record.fields.indices { statement.bind(first + 2 + index, record.fields[index]) }
            return try statement.run()
        }
    }

    /// Gives the number of the parameter that follows.
    private func bind(_ conditions: [Condition], to statement: Statement) -> Int {
        var next = 1
        for condition in conditions where condition.value != .null {
            for value in condition.values {
                statement.bind(next, value)
                next += 1
            }
        }
        return next
    }

    private func record(_ row: borrowing Row) -> Record {
        var fields: [FieldValue] = []
        fields.reserveCapacity(schema.fields.count)
        for index in schema.fields.indices { fields.append(row.value(3 + index, schema.fields[index].type)) }
        return Record(id: row.text(0), version: row.integer(1), document: row.bytes(2), fields: fields)
    }

    private func statement(_ kind: Kind, _ sql: @autoclosure () -> String) throws -> Statement {
        if let prepared = kept[kind] { return prepared }
        let prepared = try Statement(connection, sql())
        kept[kind] = prepared
        return prepared
    }
}

extension SQLDialect {
    static let sqlite = SQLDialect {
        "?\($0)"
    } differs: {
        "\($0) IS NOT \($1)"
    }
}

extension CollectionSQL {
    var insertIfAbsent: String { "\(insert) ON CONFLICT (\"id\") DO NOTHING" }
}

func quoted(_ name: String) -> String { SQLDialect.sqlite.quoted(name) }
