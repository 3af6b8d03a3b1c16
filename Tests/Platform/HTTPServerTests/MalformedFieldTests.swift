import FoundationEssentials
import HTTP
import HTTPServer
import Testing

/// What the listener refuses before any route sees it says which part of the request is wrong, as the routes do.
@Suite struct MalformedFieldTests {
    @Test(arguments: [
        ("/orders/%0A", "path", "contains an encoded control character or backslash"),
        ("/orders/%5C", "path", "contains an encoded control character or backslash"),
        ("/orders/%zz", "path", "contains a percent sign that escapes nothing"),
        ("/orders/%FF", "path", "is not UTF-8"),
        ("/orders/a;b", "path", "contains characters that must be encoded"),
        ("/orders/../payments", "path", "contains . or .. as a part"),
        ("/orders?page=1&sort=%zz", "sort", "contains a percent sign that escapes nothing"),
        ("/orders?page=<1>&size=2", "page", "contains characters that must be encoded"),
        ("/orders?size=2&q=a=#", "q", "contains characters that must be encoded"),
        ("/orders?%zz=1", "query", "contains a percent sign that escapes nothing"),
        ("/orders?page=1&=%zz", "query", "contains a percent sign that escapes nothing"),
        ("/orders?page=1&<a>=1", "query", "contains characters that must be encoded"),
        ("orders", "target", "is not a path"),
    ])
    func a_bad_target_is_refused_by_the_name_of_its_part(_ target: String, _ field: String, _ message: String)
        async throws
    {
        try await expect("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n", field, message)
    }

    @Test func an_argument_whose_name_is_too_long_to_repeat_is_called_query() async throws {
        let name = String(repeating: "n", count: 65)
        try await expect(
            "GET /?\(name)=%zz HTTP/1.1\r\nHost: h\r\n\r\n", "query", "contains a percent sign that escapes nothing")
    }

    @Test(arguments: [
        ("X-Note: a\u{1}b", "X-Note", "contains control characters"),
        ("Host: h", "Host", "is sent twice"),
        ("Content-Length: 1x", "Content-Length", "is not a number"),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked", "Content-Length", "is sent beside Transfer-Encoding"),
        ("X-Note", "header", "has a field without a colon"),
        ("Transfer-Encoding: chunked\r\n\r\nzz", "body", "has a chunk size that is not a number"),
    ])
    func a_bad_field_or_body_is_refused_by_its_name(_ lines: String, _ field: String, _ message: String) async throws {
        try await expect("POST / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n", field, message)
    }

    private struct Answered: Decodable {
        let status: Int
        let detail: String
        let errors: [Problem.Field]
    }

    private func expect(_ request: String, _ field: String, _ message: String) async throws {
        try await TestServer(handler: { _ in .text("ok") }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write(request)
            let answer = try #require(await client.readAnswer())
            #expect(answer.status == 400)
            #expect(answer.header("Content-Type") == "application/problem+json")
            let problem = try JSONDecoder().decode(Answered.self, from: Data(answer.body.utf8))
            #expect(problem.status == 400)
            #expect(problem.errors == [Problem.Field(field: field, message: message)])
            #expect(problem.detail == "\(field) \(message)")
        }
    }
}
