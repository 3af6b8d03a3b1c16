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

    var find: String { "SELECT \(list) FROM \(table) WHERE \"id\" = ?1" }
    var insert: String { "INSERT INTO \(table) (\(list)) VALUES (\(parameters))" }
    var insertIfAbsent: String { "\(insert) ON CONFLICT (\"id\") DO NOTHING" }
    var put: String { "\(insert) ON CONFLICT (\"id\") DO UPDATE SET \(assignments)" }
    var update: String {
        "UPDATE \(table) SET \(assignments) WHERE \"id\" = ?1 AND \"version\" = ?\(columns.count + 1)"
    }
    var delete: String { "DELETE FROM \(table) WHERE \"id\" = ?1" }
    var deleteVersion: String { "\(delete) AND \"version\" = ?2" }

    func query(_ query: Query) -> String {
        var keys = query.sort.map { "\(quoted($0.field)) \($0.isDescending ? "DESC" : "ASC")" }
        if !query.sort.contains(where: { $0.field == "id" }) { keys.append("\"id\" ASC") }
        return "SELECT \(list) FROM \(table)\(filter(query.conditions)) ORDER BY \(keys.joined(separator: ", ")) "
            + "LIMIT ? OFFSET ?"
    }

    func count(_ conditions: [Condition]) -> String {
        "SELECT count(*) FROM \(table)\(filter(conditions))"
    }

    private var list: String { columns.joined(separator: ", ") }
    private var parameters: String { columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ") }
    private var assignments: String {
        columns.indices.dropFirst().map { "\(columns[$0]) = ?\($0 + 1)" }.joined(separator: ", ")
    }

    private func filter(_ conditions: [Condition]) -> String {
        guard !conditions.isEmpty else { return "" }
        return " WHERE " + conditions.map(term).joined(separator: " AND ")
    }

    private func term(_ condition: Condition) -> String {
        let name = quoted(condition.field)
        let isNull = condition.value == .null
        return switch condition.comparison {
        case .equal: isNull ? "\(name) IS NULL" : "\(name) = ?"
        case .notEqual: isNull ? "\(name) IS NOT NULL" : "\(name) IS NOT ?"
        case .less: "\(name) < ?"
        case .lessOrEqual: "\(name) <= ?"
        case .greater: "\(name) > ?"
        case .greaterOrEqual: "\(name) >= ?"
        }
    }
}

/// A name as SQL has it: in double quotes, which double inside.
func quoted(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
