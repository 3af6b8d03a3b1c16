import FoundationEssentials
import Glibc
import HTTP
import HTTPServer
import Kernel
import Testing

@Suite struct LimitTests {
    private static let ok: HTTPServer.Handler = { _ in .text("ok") }

    @Test func a_body_announced_as_too_large_is_refused_before_it_is_sent() async throws {
        var limits = HTTPLimits()
        limits.maximumBody = 1000
        try await TestServer(limits: limits, handler: Self.ok).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
            let answer = try #require(await client.readAnswer())
            #expect(answer.status == 413)
            #expect(answer.header("Content-Type") == "application/problem+json")
            #expect(answer.header("Connection") == "close")
            #expect(answer.body.contains(#""instance":"/big""#))
            #expect(await client.seesEnd())
        }
    }

    @Test func a_body_that_grows_too_large_is_refused() async throws {
        var limits = HTTPLimits()
        limits.maximumBody = 1000
        try await TestServer(limits: limits, handler: Self.ok).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<100 where !client.write("64\r\n\(String(repeating: "x", count: 100))\r\n") { break }
            #expect(await client.readAnswer()?.status == 413)
            #expect(await client.seesEnd())
        }
    }

    @Test func a_body_of_exactly_the_limit_is_taken() async throws {
        var limits = HTTPLimits()
        limits.maximumBody = 100_000
        try await TestServer(limits: limits, handler: { .text("\($0.body.count)") }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
            client.write([UInt8](repeating: 0x61, count: 100_000))
            #expect(await client.readAnswer()?.body == "100000")
        }
    }

    @Test(arguments: [1500, 100_000])
    func a_header_that_is_too_large_is_refused(size: Int) async throws {
        var limits = HTTPLimits()
        limits.maximumHeader = 1024
        try await TestServer(limits: limits, handler: Self.ok).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\nX-Long: \(String(repeating: "x", count: size))\r\n\r\n")
            #expect(await client.readAnswer()?.status == 431)
            #expect(await client.seesEnd())
        }
    }

    @Test func a_slow_body_gets_408() async throws {
        var limits = HTTPLimits()
        limits.bodyTime = .milliseconds(50)
        try await TestServer(limits: limits, handler: Self.ok).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")
            let answer = try #require(await client.readAnswer())
            #expect(answer.status == 408)
            #expect(answer.header("Content-Type") == "application/problem+json")
            #expect(await client.seesEnd())
        }
    }

    @Test(arguments: ["", "GE", "GET / HTTP/1.1\r\nHo"])
    func a_slow_header_is_closed(start: String) async throws {
        var limits = HTTPLimits()
        limits.headerTime = .milliseconds(50)
        try await TestServer(limits: limits, handler: Self.ok).run { server, _ in
            let client = RawClient(port: server.port)
            client.write(start)
            #expect(await client.readAnswer() == nil)
            #expect(await client.seesEnd())
        }
    }

    @Test func an_idle_connection_is_closed() async throws {
        var limits = HTTPLimits()
        limits.idleTime = .milliseconds(50)
        try await TestServer(limits: limits, handler: Self.ok).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.readAnswer()?.status == 200)
            #expect(await client.seesEnd())
        }
    }

    @Test func a_handler_that_takes_too_long_is_cancelled_and_answered_for() async throws {
        var limits = HTTPLimits()
        limits.handlerTime = .milliseconds(50)
        let cancelled = Counter()
        try await TestServer(
            limits: limits,
            handler: { _ in
                do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.add() }
                return .text("too late")
            }
        ).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try #require(await client.readAnswer())
            #expect(answer.status == 503)
            #expect(answer.header("Retry-After") == "1")
            #expect(await eventually { cancelled.value == 1 })
        }
    }

    @Test func beyond_the_limit_of_handlers_at_work_the_answer_is_503() async throws {
        var limits = HTTPLimits()
        limits.maximumInFlight = 2
        limits.retryAfter = .seconds(3)
        let gate = Gate()
        try await TestServer(
            limits: limits,
            handler: { _ in
                await gate.pass()
                return .text("ok")
            }
        ).run { server, _ in
            let clients = (0..<3).map { _ in RawClient(port: server.port) }
            for client in clients.prefix(2) { client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
            #expect(await eventually { gate.waiting == 2 })
            clients[2].write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let refusal = try #require(await clients[2].readAnswer())
            #expect(refusal.status == 503)
            #expect(refusal.body.contains(#""dependency":"server""#))
            #expect(refusal.header("Retry-After") == "3")
            gate.open()
            for client in clients.prefix(2) { #expect(await client.readAnswer()?.body == "ok") }
            clients[2].write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await clients[2].readAnswer()?.body == "ok")
        }
    }

    @Test func two_ways_to_say_how_long_the_body_is_are_refused() async throws {
        try await TestServer(handler: Self.ok).run { server, _ in
            let client = RawClient(port: server.port)
            client.write(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            #expect(await client.readAnswer()?.status == 400)
            #expect(await client.seesEnd())
        }
    }

    /// Closing alone would leave what was not taken with the kernel, and the client would not hear of it.
    @Test func a_client_that_takes_no_answer_is_reset() async throws {
        var limits = HTTPLimits()
        limits.answerTime = .milliseconds(50)
        let large = String(repeating: "x", count: 16 << 20)
        try await TestServer(limits: limits, handler: { _ in .text(large) }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            var state = pollfd(fd: client.descriptor, events: 0, revents: 0)
            #expect(
                await eventually {
                    poll(&state, 1, 0) == 1 && state.revents & Int16(POLLERR | POLLHUP) != 0
                })
        }
    }
}
