import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import ServiceHost

/// The services that consume events, and their dead letters.
struct DeadLetterOffice: Sendable {
    struct Place: Sendable {
        let service: String
        let url: String
    }
    struct Letter: Decodable, Sendable {
        let id: String
        let service: String
        let state: String
        let type: String
        let subject: String
        let tries: Int
        let setAsideAt: String
        let error: String?
    }
    struct Outcome: Sendable {
        let service: String
        let handled: Int
        let dropped: Int
        let failed: [Letter]
    }
    private let places: [Place]
    private let query: [String]

    init(_ arguments: Arguments) throws {
        let settings = try arguments.settings(data: "data", transport: .sockets)
        let hearing = Catalogue.outlines.filter { !$0.policies.isEmpty }.map(\.name)
        let wanted = arguments.string("service")
        guard wanted == nil || hearing.contains(wanted ?? "") else {
            throw UsageError("--service must be \(hearing.joined(separator: ", ")), not \(wanted ?? "")")
        }
        places = hearing.filter { wanted == nil || $0 == wanted }.map {
            Place(service: $0, url: settings.place(of: $0).url + "/dead-letters")
        }
        query = ["type", "subject", "state"].compactMap { name in
            arguments.string(name).map { "\(name)=\(QueryString.encode($0))" }
        }
    }

    private struct Listed: Decodable {
        struct Embedded: Decodable { let deadLetters: [Letter] }
        struct Numbers: Decodable { let totalElements: Int }
        let _embedded: Embedded
        let page: Numbers
    }

    /// `silent` has the reason of each service that did not answer.
    func list(limit: Int) throws -> (letters: [Letter], total: Int, silent: [String]) {
        try withClient { _, client in
            var (letters, total, silent) = ([Letter](), 0, [String]())
            for place in places {
                do {
                    let url = "\(place.url)?" + (query + ["size=\(limit)"]).joined(separator: "&")
                    let listed = try JSON.decode(Listed.self, from: try await client.ask(.get, url).body)
                    letters += listed._embedded.deadLetters
                    total += listed.page.totalElements
                } catch let error as Unreachable {
                    silent.append("\(place.service): \(error.message)")
                }
            }
            return (letters, total, silent)
        }
    }

    /// The dead letter as JSON.
    func show(_ id: String) throws -> String {
        try withClient { _, client in try await find(id, client).body }
    }

    func edit(_ id: String, _ patch: Data) throws -> String {
        try withClient { _, client in
            let (url, _) = try await find(id, client)
            let body = Data(#"{"data":"#.utf8) + patch + Data("}".utf8)
            return String(
                decoding: try await client.ask(.patch, url, json: body, headers: Headers().byOperatingUser()).body,
                as: UTF8.self)
        }
    }

    /// The outcome of an action on one dead letter.
    func outcome(of method: HTTPMethod, _ id: String, _ action: String) throws -> [Outcome] {
        try withClient { _, client in
            let (url, _) = try await find(id, client)
            return [
                try Self.outcome(
                    try await client.ask(method, url + action, headers: Headers().byOperatingUser()),
                    places.first { url.hasPrefix($0.url) })
            ]
        }
    }

    /// The outcome of an action on all dead letters that the options select, service by service.
    func onAll(_ method: HTTPMethod, _ action: String) throws -> [Outcome] {
        try withClient { _, client in
            var outcomes: [Outcome] = []
            for place in places {
                let query = (query.isEmpty ? ["all=true"] : query).joined(separator: "&")
                let response = try await client.ask(
                    method, "\(place.url)\(action)?\(query)", headers: Headers().byOperatingUser())
                outcomes.append(try Self.outcome(response, place))
            }
            return outcomes
        }
    }

    private static func outcome(_ response: Response, _ place: Place?) throws -> Outcome {
        struct Answer: Decodable {
            let handled: Int
            let dropped: Int
            let failed: [Letter]
        }
        let answer = try JSON.decode(Answer.self, from: response.body)
        return Outcome(
            service: place?.service ?? "-", handled: answer.handled, dropped: answer.dropped, failed: answer.failed)
    }

    /// Throws if dead letters of several services have the same id: then the person has to choose.
    private func find(_ id: String, _ client: HTTPClient) async throws -> (url: String, body: String) {
        var found: [(url: String, body: String)] = []
        for place in places {
            let url = "\(place.url)/\(QueryString.encode(id))"
            let response = try await client.send(OutboundRequest(method: .get, url: url, timeout: .seconds(60)))
            if response.status == 404 { continue }
            found.append((url, String(decoding: try await client.ask(.get, url).body, as: UTF8.self)))
        }
        guard let first = found.first else { throw CommandFailure("there is no dead letter \(id)") }
        guard found.count == 1 else {
            throw UsageError("several services have a dead letter \(id); choose one with --service")
        }
        return first
    }
}
