package import Storage

/// The statements of one collection as text. Names come from the program and are quoted; values are always parameters.
package struct CollectionSQL {
    private let dialect: SQLDialect
    private let table: String
    private let columns: [String]

    /// `table` is the table's name where it is another than the collection's.
    package init(_ schema: CollectionSchema, _ dialect: SQLDialect, table: String? = nil) {
        self.dialect = dialect
        self.table = dialect.quoted(table ?? schema.name)
        columns = (["id", "version", "document"] + schema.fields.map(\.name)).map(dialect.quoted)
    }

    package var find: String { "SELECT \(list) FROM \(table) WHERE \(id) = \(value(1))" }
    package var insert: String {
        "INSERT INTO \(table) (\(list)) VALUES (\(columns.indices.map { value($0 + 1) }.joined(separator: ", ")))"
    }
    /// Replaces what has the id. Not every engine knows this.
    package var put: String {
        "\(insert) ON CONFLICT (\(id)) DO UPDATE SET "
            + columns.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    }
    /// Version, document and fields; then the id; then the version that is expected.
    package var update: String { "\(replace) AND \(version) = \(value(columns.count + 1))" }
    /// Version, document and fields; then the id.
    package var replace: String {
        let assignments = columns.indices.dropFirst().map { "\(columns[$0]) = \(value($0))" }
        return "UPDATE \(table) SET \(assignments.joined(separator: ", ")) WHERE \(id) = \(value(columns.count))"
    }
    package var delete: String { "DELETE FROM \(table) WHERE \(id) = \(value(1))" }
    package var deleteVersion: String { "\(delete) AND \(version) = \(value(2))" }
    /// Whether another record than the first value has the second one in that field.
    package func taken(_ field: String) -> String {
        "SELECT 1 FROM \(table) WHERE \(id) <> \(value(1)) AND \(dialect.quoted(field)) = \(value(2)) LIMIT 1"
    }

    /// The limit and the offset come after the conditions' values.
    package func query(_ query: Query) -> String {
        var keys = query.sort.map { sort in
            "\(dialect.quoted(sort.field)) \(sort.isDescending ? dialect.descending : dialect.ascending)"
        }
        if !query.sort.contains(where: { $0.field == "id" }) { keys.append("\(id) ASC") }
        let (filter, count) = filter(query.conditions)
        return "SELECT \(list) FROM \(table)\(filter) ORDER BY \(keys.joined(separator: ", ")) "
            + "LIMIT \(value(count + 1)) OFFSET \(value(count + 2))"
    }

    package func count(_ conditions: [Condition]) -> String {
        "SELECT count(*) FROM \(table)\(filter(conditions).text)"
    }

    private var list: String { columns.joined(separator: ", ") }
    private var id: String { columns[0] }
    private var version: String { columns[1] }
    private func value(_ number: Int) -> String { dialect.placeholder(number) }

    /// The condition's text, and how many values it has.
    private func filter(_ conditions: [Condition]) -> (text: String, values: Int) {
        var count = 0
        let terms = conditions.map { condition in
            let name = dialect.quoted(condition.field)
            guard condition.value != .null else {
                return condition.comparison == .equal ? "\(name) IS NULL" : "\(name) IS NOT NULL"
            }
            count += 1
            return dialect.compares(name, condition.comparison, value(count))
        }
        return (terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND "), count)
    }
}
