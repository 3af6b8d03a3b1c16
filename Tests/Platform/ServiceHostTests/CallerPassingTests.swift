import Configuration
import FoundationEssentials
import HTTP
import PlatformTestSupport
import ServiceHost
import ServiceTestSupport
import Storage
import Testing

/// Answers whom it was asked by, as the request says and as the running task does.
private struct MirrorService: ServiceDefinition {
    static let name = "mirror"
    static let kind = ServiceKind.stateless
    static let port = 1
    static let summary = "says who asks"
    static let migrations: [Migration] = []
    static let calls = ["other"]

    init(from section: Configuration) {}

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let other = try context.client(for: "other")
        guard let outside = context.externalEndpoint("http://outside/hook") else {
            throw Problem.notFound("the system")
        }
        return ServiceParts(routes: [
            .get("/me", summary: "Says who asks") { request in
                let fields = request.headers.fields.filter { $0.name.lowercased().hasPrefix("sambal") }.count
                return .text("\(Self.text(request.caller)) \(Self.text(Caller.current)) \(fields)")
            },
            .get("/other", summary: "Asks another service") { _ in try await other.send(.get, "/me") },
            .get("/alone", summary: "Asks another service for itself") { _ in
                try await Caller.acting(for: nil) { try await other.send(.get, "/me") }
            },
            .get("/outside", summary: "Asks a system outside of the shop") { _ in
                try await outside.client.send(.get, outside.path)
            },
        ])
    }

    private static func text(_ caller: Caller?) -> String {
        caller.map { "\($0.subject)@\($0.issuer)[\($0.roles.joined(separator: ","))]" } ?? "nobody"
    }
}

@Suite struct CallerPassingTests {
    private static let anna: Headers = [
        "Sambal-Caller": "anna%20b", "Sambal-Caller-Issuer": "till", "Sambal-Caller-Roles": "seller, operator",
    ]

    private func answer(_ path: String, _ headers: Headers) async throws -> (status: Int, text: String) {
        try await ServiceUnderTest.run(MirrorService.self) { (service) async throws in
            for authority in ["other", "outside"] {
                service.transport.register(authority) { request in
                    .text(
                        ["Sambal-Caller", "Sambal-Caller-Issuer", "Sambal-Caller-Roles"]
                            .map { request.headers.all($0).joined(separator: "&") }.joined(separator: "|"))
                }
            }
            let response = try await service.send(.get, path, "", headers)
            return (response.status, response.text)
        }
    }

    @Test func a_handler_reads_the_caller_and_the_fields_are_gone() async throws {
        let caller = "anna b@till[seller,operator]"
        #expect(try await answer("/me", Self.anna).text == "\(caller) \(caller) 0")
        #expect(try await answer("/me", Headers()).text == "nobody nobody 0")
    }

    @Test func the_caller_goes_on_to_another_service_and_nobody_outside() async throws {
        #expect(try await answer("/other", Self.anna).text == "anna%20b|till|seller, operator")
        #expect(try await answer("/other", Headers()).text == "||")
        #expect(try await answer("/alone", Self.anna).text == "||")
        #expect(try await answer("/outside", Self.anna).text == "||")
    }

    @Test func a_caller_in_part_is_refused() async throws {
        #expect(try await answer("/me", ["Sambal-Caller": "anna"]).status == 400)
        var twice = Self.anna
        twice.add("sambal-caller", "operator")
        #expect(try await answer("/me", twice).status == 400)
    }
}
