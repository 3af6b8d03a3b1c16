import FoundationEssentials
import Kernel
import Synchronization
import Testing

@testable import HTTP

@Suite struct RouterTests {
    private static func route(_ method: HTTPMethod, _ pattern: String) -> Route {
        Route(method, pattern, summary: "s") { request in
            let parameters = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return .text("\(method) \(pattern) \(parameters.joined(separator: ","))")
        }
    }

    private static func text(_ response: Response) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test(arguments: [
        ("/", "GET / "), ("/orders", "GET /orders "), ("/orders/17", "GET /orders/{id} id=17"),
        ("/orders/search", "GET /orders/search "), ("/orders/17/lines/3", "GET /orders/{id}/lines/{line} id=17,line=3"),
        ("/files", "GET /files/** **="), ("/files/a/b%2Fc", "GET /files/** **=a/b/c"),
        ("/orders/a%20b%2Fc", "GET /orders/{id} id=a b/c"), ("/%6Frders", "GET /orders "),
        ("/orders/search/x", "GET /orders/{id}/x id=search"),
    ])
    func the_most_literal_pattern_wins(path: String, answer: String) async throws {
        let router = try Router([
            Self.route(.get, "/"), Self.route(.get, "/orders"), Self.route(.get, "/orders/{id}"),
            Self.route(.get, "/orders/search"), Self.route(.get, "/orders/{id}/lines/{line}"),
            Self.route(.get, "/orders/{id}/x"), Self.route(.get, "/files/**"),
        ])
        #expect(Self.text(await router.respond(to: Request(method: .get, path: path))) == answer)
    }

    @Test(arguments: ["/nothing", "/orders/", "/orders//", "//orders", "/orders/1/2", "", "*"])
    func what_no_pattern_matches_is_404(path: String) async throws {
        let router = try Router([Self.route(.get, "/orders"), Self.route(.get, "/orders/{id}")])
        let response = await router.respond(to: Request(method: .get, path: path))
        #expect(response.status == 404)
        #expect(response.headers["Content-Type"] == "application/problem+json")
    }

    @Test func another_method_is_405_with_what_is_allowed() async throws {
        let router = try Router([Self.route(.get, "/a"), Self.route(.put, "/a")])
        let response = await router.respond(to: Request(method: .post, path: "/a"))
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "GET, PUT, HEAD, OPTIONS")
    }

    @Test func head_is_answered_as_get_and_options_by_the_table() async throws {
        let router = try Router([Self.route(.get, "/a")])
        #expect(await router.respond(to: Request(method: .head, path: "/a")).status == 200)
        let options = await router.respond(to: Request(method: .options, path: "/a"))
        #expect(options.status == 204)
        #expect(options.headers["Allow"] == "GET, HEAD, OPTIONS")
    }

    @Test(arguments: [
        (["/a", "/a"], RoutingError.Code.duplicate), (["/a/{b}", "/a/{c}"], .conflicting), (["a"], .malformed),
        (["/a//b"], .malformed), (["/a/"], .malformed), (["/{a}/{a}"], .malformed), (["/**/a"], .malformed),
        (["/{}"], .malformed),
    ])
    func a_table_that_is_wrong_is_refused(patterns: [String], code: RoutingError.Code) {
        let error = #expect(throws: RoutingError.self) { try Router(patterns.map { Self.route(.get, $0) }) }
        #expect(error?.code == code)
    }

    @Test func a_parameter_of_the_wrong_type_is_400_and_named() async throws {
        let router = try Router([
            .get("/orders/{id}", summary: "s") { .text("\(try $0.parameter("id", as: Int.self) + 1)") }
        ])
        #expect(Self.text(await router.respond(to: Request(method: .get, path: "/orders/41"))) == "42")
        let response = await router.respond(to: Request(method: .get, path: "/orders/x"))
        #expect(response.status == 400)
        #expect(Problem(response)?.errors == [.init(field: "id", message: "must be a whole number")])
    }

    struct Place: Codable {
        let branch: Int
        let sauce: String
    }

    @Test(arguments: [
        (#"{"branch":"7","sauce":"ABC"}"#, 201, ""), (#"{"branch":7}"#, 400, "sauce"),
        (#"{"branch":"x","sauce":"a"}"#, 400, "branch"), ("{", 400, ""), ("", 400, ""), ("[]", 400, "body"),
    ])
    func a_body_is_read_before_the_handler_runs(body: String, status: Int, field: String) async throws {
        let router = try Router([
            .post("/orders", summary: "s", body: Place.self) { _, place in
                try .json(place, status: 201)
            }
        ])
        let response = await router.respond(to: Request(method: .post, path: "/orders", body: Data(body.utf8)))
        #expect(response.status == status)
        #expect(Problem(response)?.errors.first?.field ?? "" == field)
    }

    struct Secret: Error {}
    struct Known: ProblemConvertible {
        var problem: Problem { Problem(status: 409, detail: "known") }
    }

    @Test func errors_become_problem_details_and_secrets_stay() async throws {
        let seen = Mutex<[String]>([])
        let router = try Router(
            [
                .get("/secret", summary: "s") { _ in throw Secret() },
                .get("/known", summary: "s") { _ in throw Known() },
                .get("/problem", summary: "s") { _ in throw Problem.unavailable("busy", retryAfter: .milliseconds(1500))
                },
            ], onError: { error, request in seen.withLock { $0.append("\(error) \(request.path)") } })
        let secret = await router.respond(to: Request(method: .get, path: "/secret"))
        #expect(secret.status == 500)
        #expect(!Self.text(secret).contains("Secret"))
        #expect(seen.withLock { $0 } == ["Secret() /secret"])
        #expect(await router.respond(to: Request(method: .get, path: "/known")).status == 409)
        let busy = await router.respond(to: Request(method: .get, path: "/problem"))
        #expect(busy.status == 503)
        #expect(busy.headers["Retry-After"] == "2")
        #expect(Problem(busy)?.detail == "busy")
        #expect(Problem(busy)?.retryAfter == .seconds(2))
    }

    @Test func the_answer_comes_with_the_pattern_that_gave_it() async throws {
        let router = try Router([Self.route(.get, "/orders/{id}")])
        #expect(await router.answer(Request(method: .get, path: "/orders/1")).pattern == "/orders/{id}")
        #expect(await router.answer(Request(method: .get, path: "/x")).pattern == nil)
    }
}
