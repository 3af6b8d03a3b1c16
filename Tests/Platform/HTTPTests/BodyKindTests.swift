import FoundationEssentials
import HTTP
import Testing

@Suite struct BodyKindTests {
    struct Body: Codable, Sendable {
        let a: Int
    }

    private func status(of kind: String?, and further: String? = nil) async throws -> Int {
        let router = try Router([.post("/a", summary: "", body: Body.self) { _, _ in Response(status: 201) }])
        var request = Request(method: .post, path: "/a", body: Data(#"{"a":1}"#.utf8))
        request.headers["Content-Type"] = kind
        if let further { request.headers.add("content-type", further) }
        return await router.respond(to: request).status
    }

    @Test(arguments: [
        nil, "application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json",
        "application/hal+json ; a=b",
    ])
    func every_kind_of_JSON_is_taken(kind: String?) async throws {
        #expect(try await status(of: kind) == 201)
    }

    @Test(arguments: [
        "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x", "",
        "text/json", "application/json-seq", "text/plain; application/json", "json",
    ])
    func what_a_page_can_make_a_browser_send_is_415(kind: String) async throws {
        #expect(try await status(of: kind) == 415)
    }

    @Test(arguments: [
        ("application/json", "text/plain"), ("text/plain", "application/json"),
        ("application/json", "application/json"),
    ])
    func two_kinds_are_400(first: String, second: String) async throws {
        #expect(try await status(of: first, and: second) == 400)
    }
}
