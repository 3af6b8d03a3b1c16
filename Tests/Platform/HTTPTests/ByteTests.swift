import Kernel
import PlatformTestSupport
import Testing

@testable import HTTP

/// Paths and queries are taken apart by bytes, as everybody in front of a service does, and in linear time.
@Suite(.serialized) struct ByteTests {
    private func router() throws -> Router {
        try Router(
            ["/api/ledger", "/K", "/a/{id}", "/open/**"].map { pattern in
                Route(.get, pattern, summary: "") { .text("\(pattern) \($0.parameters["id"] ?? "")") }
            })
    }

    @Test(arguments: [
        "/\u{301}api/ledger", "/api/\u{301}ledger", "/%CC%81api/ledger", "/api%2Fledger", "/\u{212A}", "/%E2%84%AA",
        "/api/ledger\u{301}", "\u{301}/api/ledger", "/api/ledger/", "//api/ledger",
    ])
    func a_path_that_only_looks_like_another_is_not_it(path: String) async throws {
        let answer = try await router().respond(to: Request(method: .get, path: path))
        #expect(answer.status == 404, "\(path)")
    }

    @Test func a_slash_with_a_combining_mark_separates() async throws {
        let answer = try await router().respond(to: Request(method: .get, path: "/a/\u{301}x"))
        #expect(answer.body == Response.text("/a/{id} \u{301}x").body)
    }

    @Test func a_separator_with_a_combining_mark_separates() {
        let query = QueryString("a=1&\u{301}b=2&c=\u{301}3")
        #expect(query.items.map(\.name) == ["a", "\u{301}b", "c"])
        #expect(query["c"] == "\u{301}3")
    }

    @Test func queries_are_read_in_linear_time() {
        for part in ["a=b&", "a", "%41", "&", "a=%zz&", "\u{301}"] {
            let growth = CostGrowth(size: 20_000) { _ = QueryString(String(repeating: part, count: $0)).items.count }
            #expect(growth.isLinear, "\(part): \(growth)")
        }
    }

    @Test func paths_are_matched_in_linear_time() async throws {
        let router = try router()
        for part in ["/a", "/", "%2F", "/open"] {
            var times: [Duration] = []
            for count in [4000, 8000] {
                let request = Request(method: .get, path: "/open" + String(repeating: part, count: count))
                let clock = ContinuousClock()
                var least = Duration.seconds(60)
                for _ in 0..<5 {
                    let time = await clock.measure { _ = await router.respond(to: request) }
                    least = min(least, time)
                }
                times.append(least)
            }
            #expect(times[1] <= times[0] * 3 + .milliseconds(20), "\(part): \(times)")
        }
    }
}
