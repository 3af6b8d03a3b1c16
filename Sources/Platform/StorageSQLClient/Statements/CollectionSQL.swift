package import Storage
import Synchronization

/// The statements of one collection as text. Names come from the program and are quoted; values are always parameters.
///
/// Statements without variable parts are made once.
package final class CollectionSQL: Sendable {
    private let dialect: SQLDialect
    private let table: String
    /// The columns: id, version and document, and then the fields.
    private let list: String
    private let id: String

    package let find: String
    package let insert: String
    /// Inserts a record, or replaces the one with its id. Not every engine supports this statement.
    package let put: String
    /// Its values are version, document and fields, then the id, then the expected version.
    package let update: String
    /// Its values are version, document and fields, then the id.
    package let replace: String
    /// Its values are version, document and fields. The caller appends a condition, whose first value is
    /// `valueAfterAssign`.
    package let assign: String
    package let valueAfterAssign: String
    package let delete: String
    package let deleteVersion: String

    /// `name` is the table's name if it differs from the collection's.
    package init(_ schema: CollectionSchema, _ dialect: SQLDialect, table name: String? = nil) {
        let columns = (["id", "version", "document"] + schema.fields.map(\.name)).map(dialect.quoted)
        let (table, id, version) = (dialect.quoted(name ?? schema.name), columns[0], columns[1])
        let value = dialect.placeholder
        self.dialect = dialect
        self.table = table
        self.id = id
        list = columns.joined(separator: ", ")

        find = "SELECT \(list) FROM \(table) WHERE \(id) = \(value(1))"
        let values = columns.indices.map { value($0 + 1) }.joined(separator: ", ")
        insert = "INSERT INTO \(table) (\(list)) VALUES (\(values))"
        let others = columns.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        put = "\(insert) ON CONFLICT (\(id)) DO UPDATE SET \(others)"
        let assignments = columns.indices.dropFirst().map { "\(columns[$0]) = \(value($0))" }
        assign = "UPDATE \(table) SET \(assignments.joined(separator: ", "))"
        valueAfterAssign = value(columns.count)
        replace = "\(assign) WHERE \(id) = \(valueAfterAssign)"
        update = "\(replace) AND \(version) = \(value(columns.count + 1))"
        delete = "DELETE FROM \(table) WHERE \(id) = \(value(1))"
        deleteVersion = "\(delete) AND \(version) = \(value(2))"
    }

    /// Deletes the records with the given number of ids.
    package func deleteAll(_ count: Int) -> String {
        "DELETE FROM \(table) WHERE \(id) IN (\((1...count).map(value).joined(separator: ", ")))"
    }

    /// Finds a record whose id is not the first value and whose field has the second value.
    package func taken(_ field: String) -> String {
        "SELECT 1 FROM \(table) WHERE \(id) <> \(value(1)) AND \(dialect.quoted(field)) = \(value(2)) LIMIT 1"
    }

    /// Selects records. The values are those of the conditions, then the limit and the offset.
    package func query(_ query: Query) -> String {
        var keys = query.sort.map { sort in
            let name = dialect.quoted(sort.field)
            // The id is never null, and its index is not used for an order with NULLS FIRST.
            if sort.field == "id" { return "\(name) \(sort.isDescending ? "DESC" : "ASC")" }
            return "\(name) \(sort.isDescending ? dialect.descending : dialect.ascending)"
        }
        if !query.sort.contains(where: { $0.field == "id" }) { keys.append("\(id) ASC") }
        let (filter, count) = filter(query.conditions)
        let order = " ORDER BY \(keys.joined(separator: ", "))"
        let page = "\(filter)\(order) LIMIT \(value(count + 1)) OFFSET \(value(count + 2))"
        guard query.offset >= Self.deepOffset else { return "SELECT \(list) FROM \(table)\(page)" }
        // Skipped rows are only scanned in the index; the rows of the page alone are read.
        return "SELECT \(list) FROM \(table) WHERE \(id) IN "
            + "(SELECT \(id) FROM (SELECT \(id) FROM \(table)\(page)) AS \(dialect.quoted("page")))\(order)"
    }

    /// The offset from which the ids of a page are found before its rows are read.
    private static let deepOffset = 1000

    package func count(_ conditions: [Condition]) -> String {
        "SELECT count(*) FROM \(table)\(filter(conditions).text)"
    }

    private func value(_ number: Int) -> String { dialect.placeholder(number) }

    /// The text of the conditions, and the number of their values.
    private func filter(_ conditions: [Condition]) -> (text: String, values: Int) {
        var count = 0
        let terms = conditions.map { condition in
            let name = dialect.quoted(condition.field)
            guard condition.value != .null else {
                return condition.comparison == .equal ? "\(name) IS NULL" : "\(name) IS NOT NULL"
            }
            let first = count + 1
            count += condition.values.count
            guard condition.comparison == .oneOf else {
                return dialect.compares(name, condition.comparison, value(first))
            }
            return "\(name) IN (\((first...count).map(value).joined(separator: ", ")))"
        }
        return (terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND "), count)
    }
}

/// The statements of all collections of a database, made at their first use.
package final class CollectionTexts: Sendable {
    private let known = Mutex<[String: (schema: CollectionSchema, sql: CollectionSQL)]>([:])
    private let make: @Sendable (CollectionSchema) -> CollectionSQL

    package init(_ make: @escaping @Sendable (CollectionSchema) -> CollectionSQL) { self.make = make }

    package func sql(_ collection: CollectionSchema) -> CollectionSQL {
        known.withLock { known in
            // A migration may add fields to a collection.
            if let entry = known[collection.name], entry.schema == collection { return entry.sql }
            let sql = make(collection)
            known[collection.name] = (collection, sql)
            return sql
        }
    }
}

/// The differences in syntax between the SQL engines.
package struct SQLDialect: Sendable {
    /// The quotation mark of names; doubled within a name.
    let quote: Character
    /// The placeholder of a value by its number, from 1.
    let placeholder: @Sendable (Int) -> String
    /// The null-safe comparison for "is different from".
    let differs: @Sendable (_ name: String, _ value: String) -> String
    /// The suffixes of a sort key, with which null comes first.
    let ascending: String
    let descending: String

    package init(
        quote: Character = "\"", ascending: String = "ASC", descending: String = "DESC",
        placeholder: @escaping @Sendable (Int) -> String,
        differs: @escaping @Sendable (_ name: String, _ value: String) -> String
    ) {
        self.quote = quote
        self.ascending = ascending
        self.descending = descending
        self.placeholder = placeholder
        self.differs = differs
    }

    /// Quotes a name.
    package func quoted(_ name: String) -> String {
        let parts = name.split(separator: quote, omittingEmptySubsequences: false)
        return "\(quote)\(parts.joined(separator: "\(quote)\(quote)"))\(quote)"
    }

    func compares(_ name: String, _ comparison: Condition.Comparison, _ value: String) -> String {
        switch comparison {
        case .equal, .oneOf: "\(name) = \(value)"
        case .notEqual: differs(name, value)
        case .less: "\(name) < \(value)"
        case .lessOrEqual: "\(name) <= \(value)"
        case .greater: "\(name) > \(value)"
        case .greaterOrEqual: "\(name) >= \(value)"
        }
    }
}
