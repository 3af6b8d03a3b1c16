import FoundationEssentials
import Glibc
import HTTP
import Kernel
import PlatformTestSupport
import Runtime
import Testing

/// A long body is read beside the loop; whatever the handler does then, it does on the loop.
@Suite struct LongBodyTests {
    @Test(arguments: [(100, true), (16_000, true), (17_000, false), (900_000, false)])
    func only_short_bodies_are_read_on_the_loop(length: Int, expected: Bool) async throws {
        let (read, handled) = try await LoopKind.threads.run { loop in
            let loop = try #require(loop as? EventLoop)
            let router = try Router([
                .post("/texts", summary: "", body: Text.self) { _, body in
                    Response(status: body.thread == currentThread() ? 200 : 201, body: Data([loop.isCurrent ? 1 : 0]))
                }
            ])
            let text = String(repeating: "a", count: length)
            let body = Data(#"{"text":["\#(text.prefix(60_000))","\#(text.dropFirst(60_000).prefix(60_000))"],"#.utf8)
            let rest = Data(repeating: 0x20, count: max(0, length - 120_000)) + Data(#""end":1}"#.utf8)
            var request = Request(method: .post, path: "/texts", body: body + rest)
            request.bodyWorker = loop.makeWorker(named: "body-read")
            let response = await router.respond(to: request)
            return (response.status, response.body.first)
        }
        #expect(read == (expected ? 200 : 201))
        #expect(handled == 1)
    }

    @Test func a_long_body_that_is_not_JSON_is_a_400() async throws {
        let status = try await LoopKind.threads.run { loop in
            let router = try Router([.post("/texts", summary: "", body: Text.self) { _, _ in Response(status: 201) }])
            let body = Data(repeating: UInt8(ascii: "["), count: 500_000)
            var request = Request(method: .post, path: "/texts", body: body)
            request.bodyWorker = loop.makeWorker(named: "body-read")
            return await router.respond(to: request).status
        }
        #expect(status == 400)
    }
}

private func currentThread() -> UInt { UInt(pthread_self()) }

/// Remembers the thread that read it.
private struct Text: Codable, Sendable {
    let text: [String]
    let thread: UInt

    private enum CodingKeys: CodingKey {
        case text
    }

    init(from decoder: any Decoder) throws {
        text = try decoder.container(keyedBy: CodingKeys.self).decode([String].self, forKey: .text)
        thread = currentThread()
    }
}
