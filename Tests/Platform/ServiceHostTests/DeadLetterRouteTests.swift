import Configuration
import FoundationEssentials
import HTTP
import Kernel
import Messaging
import ServiceHost
import ServiceTestSupport
import Storage
import Synchronization
import Testing

private struct Counted: EventPayload {
    static let type = "sambal.elsewhere.Counted.v1"
    let count: Int
}

private struct Negative: Error {}

/// Adds up what is counted about each subject, and takes no negative number.
private struct CounterService: ServiceDefinition {
    static let name = "counter"
    static let kind = ServiceKind.persistence
    static let port = 1
    static let summary = "counts"
    static let migrations = [Migration(1, "tables", ServiceEnvironment.migrationSteps)]
    static let handled = Mutex<[Int]>([])

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        ServiceParts(
            routes: [],
            handlers: [
                .on(Counted.self, "count") { payload, _, tx in
                    guard payload.count >= 0 else { throw Negative() }
                    tx.afterCommit { Self.handled.withLock { $0.append(payload.count) } }
                }
            ])
    }
}

private struct Letters: Decodable {
    struct Letter: Decodable {
        let id: String
        let version: Int64
        let state: String
        let subject: String
        let data: Counted
    }
    struct Embedded: Decodable { let deadLetters: [Letter] }
    struct Numbers: Decodable { let totalElements: Int }
    let _embedded: Embedded
    let page: Numbers
}

private struct Outcome: Decodable {
    struct Failed: Decodable { let id: String }
    let handled: Int
    let dropped: Int
    let failed: [Failed]
}

/// What an operator does about events that were set aside.
@Suite(.serialized) struct DeadLetterRouteTests {
    /// With -1 and 2 of subject `a` set aside, -3 of `b`, and 4 of `c` handled.
    private func withLetters(_ body: @escaping @Sendable (ServicesUnderTest) async throws -> Void) async throws {
        CounterService.handled.withLock { $0 = [] }
        try await withServices([CounterService.self]) { services in
            for (subject, count) in [("a", -1), ("a", 2), ("b", -3), ("c", 4)] {
                try await services.publish(Counted(count: count), about: subject)
            }
            try await services.until { services["counter"]?.consumer?.deadLetters.count == 3 && handled == [4] }
            try await body(services)
        }
    }

    private var handled: [Int] { CounterService.handled.withLock { $0 } }

    @Test func what_an_operator_does_to_dead_letters_is_audited() async throws {
        try await withLetters { services in
            let ann: Headers = [
                "Sambal-Caller": "ann", "Sambal-Caller-Issuer": "till", "Sambal-Caller-Roles": "operator",
                "Sambal-Reason": "counted%20wrongly",
            ]
            let letters = try await list(services)._embedded.deadLetters
            let (first, other) = (letters[0], try #require(letters.first { $0.subject == "b" }))
            for (method, path, body) in [
                (HTTPMethod.patch, first.id, #"{"data":{"count":5}}"#), (.post, first.id + "/retry", ""),
                (.delete, other.id, ""),
            ] {
                let answer = try await services.send(method, "counter", "/dead-letters/" + path, body, headers: ann)
                #expect(answer.status == 200, "\(answer.text)")
            }
            let page = try await services.send(.get, "counter", "/audit?who=ann").json(AuditPage.self)
            let records = page.records.compactMap(\.record)
            // Each letter is handled in a transaction of its own: the first one, and that which waited behind it.
            #expect(
                records.map(\.operation) == [
                    "deadletter.drop", "deadletter.retry", "deadletter.retry", "deadletter.edit",
                ])
            #expect(records.allSatisfy { $0.reason == "counted wrongly" })
            #expect(records[0].about == [other.id, "b"] && records[0].changes.first?.before?["data.count"] == -3)
            #expect(records[3].changes.first?.before?["data.count"] == -1)
            #expect(records[3].changes.first?.after?["data.count"] == 5 && records[3].about.contains("a"))
        }
    }

    private func list(_ services: ServicesUnderTest, _ query: String = "") async throws -> Letters {
        try await services.send(.get, "counter", "/dead-letters" + query).json(Letters.self)
    }

    @Test func they_are_listed_by_what_they_are_about() async throws {
        try await withLetters { services in
            let all = try await list(services)._embedded.deadLetters
            #expect(all.map(\.data.count) == [-1, 2, -3])
            #expect(all.map(\.state) == ["failed", "waiting", "failed"])
            #expect(try await list(services, "?subject=a&size=1").page.totalElements == 2)
            #expect(try await list(services, "?state=waiting")._embedded.deadLetters.map(\.data.count) == [2])
            #expect(try await list(services, "?sort=subject,desc")._embedded.deadLetters.first?.subject == "b")
            #expect(try await list(services, "?type=sambal.other.v1").page.totalElements == 0)
        }
    }

    @Test func every_wrong_parameter_is_named_and_nothing_is_done() async throws {
        try await withLetters { services in
            let answer = try await services.send(.delete, "counter", "/dead-letters?subjct=a&state=x&since=now")
            #expect(answer.status == 400)
            #expect(Set(answer.problem?.errors.map(\.field) ?? []) == ["subjct", "state", "since"])
            let bare = try await services.send(.delete, "counter", "/dead-letters")
            #expect(bare.status == 400)
            #expect(bare.problem?.errors.map(\.field) == ["all"])
            #expect(try await list(services).page.totalElements == 3)
        }
    }

    @Test func an_edited_one_is_retried_with_those_behind_it() async throws {
        try await withLetters { services in
            let letters = try await list(services, "?subject=a")._embedded.deadLetters
            let (first, second) = ("/dead-letters/\(letters[0].id)", "/dead-letters/\(letters[1].id)")
            #expect(try await services.send(.post, "counter", second + "/retry").status == 409)
            let failed = try await services.send(.post, "counter", first + "/retry").json(Outcome.self)
            #expect(failed.failed.map(\.id) == [letters[0].id])
            let edited = try await services.send(.patch, "counter", first, #"{"data":{"count":10}}"#)
            #expect(edited.status == 200)
            #expect(edited.headers["ETag"] == "\"\(letters[0].version + 2)\"")
            let outcome = try await services.send(.post, "counter", first + "/retry").json(Outcome.self)
            #expect(outcome.handled == 2)
            #expect(handled == [4, 10, 2])
            #expect(try await services.send(.get, "counter", first).status == 404)
        }
    }

    @Test func an_edit_that_was_overtaken_is_refused() async throws {
        try await withLetters { services in
            let path = "/dead-letters/\(try await list(services)._embedded.deadLetters[0].id)"
            let request = OutboundRequest(
                method: .patch, url: "http://counter" + path, headers: ["If-Match": "\"7\""],
                body: Data(#"{"data":{"count":1}}"#.utf8))
            #expect(try await services.transport.send(request).status == 412)
            #expect(try await services.send(.patch, "counter", path, "{}").status == 400)
        }
    }

    @Test func a_dropped_one_lets_those_behind_it_go_on() async throws {
        try await withLetters { services in
            let path = "/dead-letters/\(try await list(services)._embedded.deadLetters[0].id)"
            let outcome = try await services.send(.delete, "counter", path).json(Outcome.self)
            #expect([outcome.dropped, outcome.handled] == [1, 1])
            #expect(handled == [4, 2])
            #expect(try await list(services)._embedded.deadLetters.map(\.data.count) == [-3])
        }
    }

    @Test func many_are_retried_and_dropped_by_query() async throws {
        try await withLetters { services in
            let retried = try await services.send(.post, "counter", "/dead-letters/retry?all=true").json(Outcome.self)
            #expect(retried.handled == 0)
            #expect(retried.failed.count == 2)
            let dropped = try await services.send(.delete, "counter", "/dead-letters?state=failed").json(Outcome.self)
            #expect(dropped.dropped == 2)
            try await services.until { handled == [4, 2] }
            #expect(try await list(services).page.totalElements == 0)
        }
    }

    @Test func a_service_that_hears_nothing_has_no_such_routes() async throws {
        let status = try await withServices([SilentService.self]) { services in
            try await services.send(.get, "silent", "/dead-letters").status
        }
        #expect(status == 404)
    }
}

private struct SilentService: ServiceDefinition {
    static let name = "silent"
    static let kind = ServiceKind.persistence
    static let port = 2
    static let summary = "hears nothing"
    static let migrations = [Migration(1, "tables", ServiceEnvironment.migrationSteps)]
    init(from section: Configuration) {}
    func parts(_ context: ServiceEnvironment) throws -> ServiceParts { ServiceParts(routes: []) }
}
