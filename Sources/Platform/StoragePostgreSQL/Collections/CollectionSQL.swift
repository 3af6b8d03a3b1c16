import Storage

/// The statements of one collection as text. Names come from the program and are quoted; values are always parameters.
struct CollectionSQL {
    private let schema: CollectionSchema
    private let table: String
    private let columns: [String]

    init(_ schema: CollectionSchema) {
        self.schema = schema
        table = quoted(schema.name)
        columns = (["id", "version", "document"] + schema.fields.map(\.name)).map(quoted)
    }

    var find: String { "SELECT \(list) FROM \(table) WHERE \"id\" = $1" }
    /// Does nothing where the id or a unique field is taken: an error would end the transaction.
    var insert: String { "INSERT INTO \(table) (\(list)) VALUES (\(parameters)) ON CONFLICT DO NOTHING" }
    var put: String {
        "INSERT INTO \(table) (\(list)) VALUES (\(parameters)) ON CONFLICT (\"id\") DO UPDATE SET \(assignments)"
    }
    var update: String {
        "UPDATE \(table) SET \(assignments) WHERE \"id\" = $1 AND \"version\" = $\(columns.count + 1)"
    }
    var delete: String { "DELETE FROM \(table) WHERE \"id\" = $1" }
    var deleteVersion: String { "\(delete) AND \"version\" = $2" }
    /// Whether another record than $1 has the value $2.
    func taken(_ field: String) -> String {
        "SELECT 1 FROM \(table) WHERE \"id\" <> $1 AND \(quoted(field)) = $2 LIMIT 1"
    }

    /// The limit and the offset come after the conditions' values.
    func query(_ query: Query) -> String {
        var keys = query.sort.map { sort in
            "\(quoted(sort.field)) \(sort.isDescending ? "DESC NULLS LAST" : "ASC NULLS FIRST")"
        }
        if !query.sort.contains(where: { $0.field == "id" }) { keys.append("\"id\" ASC") }
        let (filter, count) = filter(query.conditions)
        return "SELECT \(list) FROM \(table)\(filter) ORDER BY \(keys.joined(separator: ", ")) "
            + "LIMIT $\(count + 1) OFFSET $\(count + 2)"
    }

    func count(_ conditions: [Condition]) -> String {
        "SELECT count(*) FROM \(table)\(filter(conditions).text)"
    }

    private var list: String { columns.joined(separator: ", ") }
    private var parameters: String { columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ") }
    private var assignments: String {
        columns.indices.dropFirst().map { "\(columns[$0]) = $\($0 + 1)" }.joined(separator: ", ")
    }

    /// The condition's text, and how many parameters it has.
    private func filter(_ conditions: [Condition]) -> (text: String, parameters: Int) {
        var count = 0
        let terms = conditions.map { condition in
            let name = quoted(condition.field)
            guard condition.value != .null else {
                return condition.comparison == .equal ? "\(name) IS NULL" : "\(name) IS NOT NULL"
            }
            count += 1
            return "\(name) \(condition.comparison.sql) $\(count)"
        }
        return (terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND "), count)
    }
}

extension Condition.Comparison {
    fileprivate var sql: String {
        switch self {
        case .equal: "="
        case .notEqual: "IS DISTINCT FROM"
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
    }
}

/// A name as SQL has it: in double quotes, which double inside.
func quoted(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
