import HTTP
import Testing

@testable import ServiceHost

@Suite struct BrowserRuleTests {
    private func refusal(
        _ method: HTTPMethod, origin: String?, host: String = "127.0.0.1:8084", forwarded: String? = nil,
        relation: String? = nil
    ) -> Int? {
        var request = Request(method: method, path: "/orders", headers: ["Host": host])
        request.headers["Origin"] = origin
        request.headers["X-Forwarded-Host"] = forwarded
        request.headers["Sec-Fetch-Site"] = relation
        return BrowserRule.refusal(of: request)?.status
    }

    @Test(arguments: [
        "http://evil.example", "https://127.0.0.1:8085", "null", "", "http://127.0.0.1:8084.evil.example", "x",
    ])
    func a_foreign_page_may_change_nothing(origin: String) {
        #expect(refusal(.post, origin: origin) == 403 && refusal(.delete, origin: origin) == 403)
        #expect(refusal(.get, origin: origin) == nil && refusal(.options, origin: origin) == nil)
    }

    @Test(arguments: ["cross-site", "same-site", "Cross-Site", "something new"])
    func a_page_whose_browser_says_only_how_it_is_related_may_change_nothing(relation: String) {
        #expect(refusal(.post, origin: nil, relation: relation) == 403)
        #expect(refusal(.post, origin: "http://127.0.0.1:8084", relation: relation) == 403)
        #expect(refusal(.get, origin: nil, relation: relation) == nil)
    }

    @Test(arguments: ["same-origin", "none"]) func own_pages_and_typed_addresses_may(relation: String) {
        #expect(refusal(.post, origin: nil, relation: relation) == nil)
        #expect(refusal(.post, origin: "http://evil.example", relation: relation) == 403)
    }

    @Test func own_pages_and_programs_may() {
        #expect(refusal(.post, origin: nil) == nil)
        #expect(refusal(.post, origin: "http://127.0.0.1:8084") == nil)
        #expect(refusal(.post, origin: "https://shop.example.com", forwarded: "Shop.example.com") == nil)
    }

    @Test func answers_are_kept_by_nobody_unless_a_handler_says_so() {
        var answer = Response.text("personal")
        BrowserRule.forbidStoring(&answer)
        #expect(answer.headers.all("Cache-Control") == ["no-store"])
        var page = Response(status: 200, headers: ["cache-control": "max-age=60"])
        BrowserRule.forbidStoring(&page)
        #expect(page.headers.all("Cache-Control") == ["max-age=60"])
    }
}
