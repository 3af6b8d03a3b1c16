import HTTP
import Testing

@testable import ServiceHost

@Suite struct BrowserRuleTests {
    private func refusal(
        _ method: HTTPMethod, origin: String?, host: String = "127.0.0.1:8084", forwarded: String? = nil
    ) -> Int? {
        var request = Request(method: method, path: "/orders", headers: ["Host": host])
        request.headers["Origin"] = origin
        request.headers["X-Forwarded-Host"] = forwarded
        return BrowserRule.refusal(of: request)?.status
    }

    @Test(arguments: [
        "http://evil.example", "https://127.0.0.1:8085", "null", "", "http://127.0.0.1:8084.evil.example", "x",
    ])
    func a_foreign_page_may_change_nothing(origin: String) {
        #expect(refusal(.post, origin: origin) == 403 && refusal(.delete, origin: origin) == 403)
        #expect(refusal(.get, origin: origin) == nil && refusal(.options, origin: origin) == nil)
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
