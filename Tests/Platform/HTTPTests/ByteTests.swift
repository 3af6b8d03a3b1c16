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
            let requests = [4000, 8000].map {
                Request(method: .get, path: "/open" + String(repeating: part, count: $0))
            }
            var times = [Duration.seconds(60), .seconds(60)]
            // The least of many: beside other work on the machine, single runs take any time.
            for round in 0..<40 where round < 5 || times[1] > times[0] * 3 + .milliseconds(20) {
                for (index, request) in requests.enumerated() {
                    let time = await ContinuousClock().measure { _ = await router.respond(to: request) }
                    times[index] = min(times[index], time)
                }
            }
            #expect(times[1] <= times[0] * 3 + .milliseconds(20), "\(part): \(times)")
        }
    }
}
