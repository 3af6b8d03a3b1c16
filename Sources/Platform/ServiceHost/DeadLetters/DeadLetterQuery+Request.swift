import HTTP
import Kernel
import Messaging

extension DeadLetterQuery {
    private static let names = ["type", "subject", "source", "eventId", "state", "since", "until"]

    static var parameters: [QueryParameter] {
        names.map { name in
            ["since", "until"].contains(name)
                ? QueryParameter(name, .string(format: "date-time"), description: "Of when it was set aside")
                : QueryParameter(name)
        }
    }

    static var bulkParameters: [QueryParameter] {
        parameters + [QueryParameter("all", .boolean, description: "Must be true where nothing else is given")]
    }

    /// Throws a 400 that names every parameter that is wrong or unknown: one that is misspelt must not widen what is
    /// found.
    init(_ query: QueryString, besides others: Set<String> = []) throws(Problem) {
        var errors: [Problem.Field] = []
        for item in query.items where !Self.names.contains(item.name) && !others.contains(item.name) {
            errors.append(.init(field: item.name, message: "is not one of \(Self.names.joined(separator: ", "))"))
        }
        func time(_ name: String) -> Timestamp? {
            guard let text = query[name] else { return nil }
            let time = Timestamp(text)
            if time == nil { errors.append(.init(field: name, message: "must be a time of RFC 3339")) }
            return time
        }
        let state = query["state"].flatMap { DeadLetter.State(rawValue: $0) }
        if query["state"] != nil, state == nil {
            let states = DeadLetter.State.allCases.map(\.rawValue).joined(separator: " or ")
            errors.append(.init(field: "state", message: "must be \(states)"))
        }
        self.init(
            type: query["type"], subject: query["subject"], source: query["source"], eventId: query["eventId"],
            state: state, since: time("since"), until: time("until"))
        guard errors.isEmpty else { throw .invalid(errors) }
    }

    /// For what is done to many: all of them only if the caller says so.
    init(all query: QueryString) throws(Problem) {
        try self.init(query, besides: ["all"])
        let isAll = try query.flag("all")
        guard isAll || self != DeadLetterQuery() else {
            throw .invalid("all", "must be true where no \(Self.names.joined(separator: ", ")) is given")
        }
    }
}
