public import HTTP
import Kernel
public import Messaging
import REST
import Storage

/// The operator's interface to the dead letters of a service: `/dead-letters`, at every service that consumes events.
struct DeadLetterRoutes: Sendable {
    private static let path = "/dead-letters"
    let service: String
    /// Returns the dead letters of the running consumer; `nil` if none runs.
    let find: @Sendable () -> DeadLetters?

    private var letters: DeadLetters {
        get throws {
            guard let letters = find() else {
                throw Problem.unavailable("\(service) hears no events now", dependency: "event log")
            }
            return letters
        }
    }

    var routes: [Route] { described.map { $0.open(to: .operators) } }

    private var described: [Route] {
        [
            Route(
                .get, Self.path, summary: "Lists events that were set aside, the oldest first",
                answers: DeadLetterPage.self
            ) { try await list($0) }.queryParameters(DeadLetterQuery.parameters + QueryParameter.paging)
                .produces(HAL.contentType),
            Route(
                .get, Self.path + "/{id}", summary: "Shows an event that was set aside", answers: DeadLetterView.self,
                statuses: [200, 304, 404]
            ) { try await show($0) }.produces(HAL.contentType),
            Route(
                .patch, Self.path + "/{id}",
                summary: "Changes members of the event's data (JSON Merge Patch, RFC 7396)",
                body: DeadLetterPatch.self, answers: DeadLetterView.self, statuses: [200, 404, 409, 412]
            ) { try await edit($0) }.produces(HAL.contentType).audited(as: "deadletter.edit"),
            .post(
                Self.path + "/{id}/retry", summary: "Handles the event now, and then those that wait behind it",
                answers: DeadLetterOutcome.self, statuses: [200, 404, 409]
            ) { request in
                try .json(DeadLetterOutcome(try await letters.retry(try request.parameter("id")), of: service))
            }.audited(as: "deadletter.retry"),
            .delete(
                Self.path + "/{id}", summary: "Gives the event up; those that wait behind it are handled",
                answers: DeadLetterOutcome.self, statuses: [200, 404]
            ) { request in
                let outcome = try await letters.drop(try request.parameter("id"))
                return try .json(DeadLetterOutcome(outcome, of: service, dropped: 1))
            }.audited(as: "deadletter.drop"),
            .post(
                Self.path + "/retry", summary: "Handles all that the query finds, with what waits behind them",
                answers: DeadLetterOutcome.self
            ) { request in
                let query = try DeadLetterQuery(all: request.query)
                return try .json(DeadLetterOutcome(try await letters.retry(query), of: service))
            }.queryParameters(DeadLetterQuery.bulkParameters).audited(as: "deadletter.retry"),
            .delete(
                Self.path, summary: "Gives up all that the query finds", answers: DeadLetterOutcome.self,
                statuses: [200]
            ) { request in
                let query = try DeadLetterQuery(all: request.query)
                let dropped = try await letters.drop(query)
                return try .json(DeadLetterOutcome(RetryOutcome(), of: service, dropped: dropped))
            }.queryParameters(DeadLetterQuery.bulkParameters).audited(as: "deadletter.drop"),
        ]
    }

    private func list(_ request: Request) async throws -> Response {
        let wanted = try PageRequest(
            query: request.query, sortable: ["setAsideAt", "subject", "type", "state", "tries"])
        let page = try await letters.page(
            try DeadLetterQuery(request.query, besides: ["page", "size", "sort"]), wanted)
        let collection = HALCollection(page, named: "deadLetters", at: Self.path, of: request) { letter in
            representation(of: letter, for: request)
        }
        return try .json(collection, contentType: HAL.contentType)
    }

    private func show(_ request: Request) async throws -> Response {
        let letter = try await letters.show(try request.parameter("id"))
        let tag = Precondition.tag(letter.version)
        if Precondition(request).isKnown(tag) { return Response(status: 304, headers: ["ETag": tag]) }
        return try answer(letter, to: request)
    }

    private func edit(_ request: Request) async throws -> Response {
        // Strictly: an event's numbers must stay numbers.
        let patch = try JSON.decode(DeadLetterPatch.self, from: request.body)
        let letter = try await letters.show(try request.parameter("id"))
        try Precondition(request).check(letter.version)
        let known = (try? JSON.decode(JSONDocument.self, from: letter.event.data)) ?? .null
        let edited = try await letters.edit(
            letter.id, version: letter.version, data: try JSON.encode(known.merged(with: patch.data)))
        return try answer(edited, to: request)
    }

    private func answer(_ letter: DeadLetter, to request: Request) throws -> Response {
        var response = try Response.json(representation(of: letter, for: request), contentType: HAL.contentType)
        response.headers.add("ETag", Precondition.tag(letter.version))
        return response
    }

    private func representation(of letter: DeadLetter, for request: Request) -> HALItem<DeadLetterView> {
        let address = request.baseURL + Self.path + "/" + letter.id
        return HALItem(
            DeadLetterView(letter, of: service),
            links: [HALLink("self", address), HALLink("retry", address + "/retry")])
    }
}

/// The problem details of an action on a dead letter that is not possible.
extension DeadLetterError: ProblemConvertible {
    public var problem: Problem {
        switch code {
        case .unknown: Problem(status: 404, detail: message)
        case .notFirst, .changed, .noHandler: Problem(status: 409, detail: message)
        case .notJSON: .invalid("data", "must be JSON")
        }
    }
}
