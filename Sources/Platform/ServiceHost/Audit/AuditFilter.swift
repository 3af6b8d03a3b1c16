package import HTTP
import Kernel

/// Which records are listed: those that meet all that is given.
package struct AuditFilter: Sendable {
    private static let names = ["about", "who", "operation", "since", "before", "limit"]
    let about: String?
    let who: String?
    let operation: String?
    let since: Timestamp?
    package let before: Int64?
    package let limit: Int

    static var parameters: [QueryParameter] {
        [
            QueryParameter("about", description: "The identifier of something that the operation is about"),
            QueryParameter("who", description: "The subject of the caller"), QueryParameter("operation"),
            QueryParameter("since", .string(format: "date-time")),
            QueryParameter(
                "before", .integer(), description: "Only records of a smaller number: `next` of the page before"),
            QueryParameter("limit", .integer(), description: "From 1 to 1000, 20 unless told otherwise"),
        ]
    }

    /// Throws a 400 that names a parameter that is wrong or unknown: one that is misspelt must not widen what is found.
    package init(_ query: QueryString) throws(Problem) {
        for item in query.items where !Self.names.contains(item.name) {
            throw .invalid(item.name, "is not one of \(Self.names.joined(separator: ", "))")
        }
        about = query["about"]
        who = query["who"]
        operation = query["operation"]
        since = query["since"].flatMap(Timestamp.init)
        if query["since"] != nil, since == nil { throw .invalid("since", "must be a time of RFC 3339") }
        before = try query.integer("before", in: 1...Int.max).map { Int64($0) }
        limit = try query.integer("limit", default: 20, in: 1...1000)
    }

    /// Records that are read at once: many if most of them will be left out.
    var part: Int { about == nil && who == nil && operation == nil ? limit : 200 }

    /// A record that cannot be read is shown whatever is looked for: nobody can say what it was about.
    package func finds(_ record: AuditRecord?) -> Bool {
        guard let record else { return true }
        return about.map(record.about.contains) != false && who.map { $0 == record.who } != false
            && operation.map { $0 == record.operation } != false
    }

    /// Whether this record and all before it are too old.
    package func isPast(_ record: AuditRecord?) -> Bool {
        guard let since, let record else { return false }
        return record.time < since
    }
}
