import CTLS
import FoundationEssentials
import Glibc
import HTTP
import HTTPServer
import Testing

@Suite struct TLSConnectionTests {
    private static let echo: HTTPServer.Handler = { Response(status: 200, body: $0.body) }

    @Test func a_request_may_come_in_any_number_of_records() async throws {
        try await SecureTestServer(handler: Self.echo).run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            for byte in "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" {
                #expect(await client.write(String(byte)))
            }
            #expect(await client.readAnswer()?.body == Array("hello".utf8))
            // And several in one.
            #expect(await client.write(String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 100)))
            for _ in 0..<100 { #expect(await client.readAnswer() != nil) }
        }
    }

    @Test func large_bodies_pass_in_both_directions() async throws {
        var limits = HTTPLimits()
        limits.maximumBody = 8 << 20
        try await SecureTestServer(limits: limits, handler: Self.echo).run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            let body = (0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            #expect(await client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n"))
            #expect(await client.write(body))
            #expect(await client.readAnswer()?.body == body)
        }
    }

    @Test func a_client_that_takes_nothing_slows_only_itself() async throws {
        let large = Data(repeating: 7, count: 12 << 20)
        try await SecureTestServer(handler: { Response(status: 200, body: $0.path == "/large" ? large : Data()) }).run {
            server, _, _ in
            let slow = TLSClient(port: server.port)
            #expect(await slow.connect())
            #expect(await slow.write("GET /large HTTP/1.1\r\nHost: h\r\n\r\n"))
            let other = TLSClient(port: server.port)
            #expect(await other.connect())
            for _ in 0..<20 {
                #expect(await other.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
                #expect(await other.readAnswer() != nil)
            }
            #expect(await slow.readAnswer()?.body.count == 12 << 20)
        }
    }

    @Test func a_client_may_wait_for_100_continue() async throws {
        try await SecureTestServer(handler: Self.echo).run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            #expect(
                await client.write(
                    "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"))
            #expect(await client.readAnswer()?.head == "HTTP/1.1 100 Continue")
            #expect(await client.write("ok"))
            #expect(await client.readAnswer()?.body == Array("ok".utf8))
        }
    }

    @Test func the_end_is_said_so_that_nothing_can_have_been_cut_off() async throws {
        var limits = HTTPLimits()
        limits.idleTime = .milliseconds(100)
        try await SecureTestServer(limits: limits).run { server, _, _ in
            // Asked for, after an idle time, and after a request that is none.
            for request in [
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
            ] {
                let client = TLSClient(port: server.port)
                #expect(await client.connect())
                #expect(await client.write(request))
                #expect(await client.readAnswer() != nil)
                #expect(await client.end() == .goodbye)
            }
        }
    }

    @Test func the_end_is_said_behind_a_large_answer_too() async throws {
        let large = Data(repeating: 7, count: 12 << 20)
        try await SecureTestServer(handler: { $0.path == "/" ? .text("ok") : Response(status: 200, body: large) }).run {
            server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            #expect(await client.write("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
            // Until the client reads, the socket is full.
            let other = TLSClient(port: server.port)
            #expect(await other.connect())
            #expect(await other.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
            #expect(await other.readAnswer() != nil)
            #expect(await client.readAnswer()?.body.count == large.count)
            #expect(await client.end() == .goodbye)
        }
    }

    @Test func bytes_behind_the_last_request_do_not_take_its_answer_back() async throws {
        var limits = HTTPLimits()
        limits.lingerTime = .seconds(20)
        try await SecureTestServer(limits: limits).run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            // More records than the server reads before it answers.
            let request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            #expect(await client.write(request + String(repeating: "x", count: 200_000)))
            #expect(await client.readAnswer() != nil)
            #expect(await client.end() == .goodbye)
            // The server has closed its socket by now, unless it waits for the client's end.
            let other = TLSClient(port: server.port)
            #expect(await other.connect())
            #expect(await other.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
            #expect(await other.readAnswer() != nil)
            #expect(!client.raw.isReset)
        }
    }

    @Test func an_answer_that_is_cut_off_has_no_goodbye() async throws {
        var limits = HTTPLimits()
        limits.answerTime = .milliseconds(200)
        let large = Data(repeating: 7, count: 16 << 20)
        try await SecureTestServer(limits: limits, handler: { _ in Response(status: 200, body: large) }).run {
            server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            #expect(await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
            var poll = pollfd(fd: client.raw.descriptor, events: Int16(POLLHUP), revents: 0)
            #expect(await eventually { Glibc.poll(&poll, 1, 10) == 1 })
            #expect(await client.end() == .broken)
        }
    }

    @Test func records_that_are_changed_or_cut_off_end_the_connection_only() async throws {
        let handled = Counter()
        let handler: HTTPServer.Handler = { request in
            handled.add()
            return .text("ok")
        }
        try await SecureTestServer(handler: handler).run { server, _, _ in
            for bytes in [
                [0x17, 3, 3, 0, 32] + [UInt8](repeating: 9, count: 32), [0x17, 3, 3, 0xFF, 0xFF, 0],
                [0x17, 3, 3, 0, 80, 1],
                [0x15, 3, 3, 0, 2, 2, 40], [1], Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8),
            ] as [[UInt8]] {
                let client = TLSClient(port: server.port)
                #expect(await client.connect())
                #expect(await client.write("GET / HTTP/1.1\r\nHost: "))
                client.raw.write(bytes)
                client.raw.endWriting()
                #expect(await client.end() == .broken)
            }
            #expect(handled.value == 0)
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            #expect(await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
            #expect(await client.readAnswer() != nil)
        }
    }

    @Test func tls_1_2_is_not_negotiated_anew() async throws {
        try await SecureTestServer().run { server, _, _ in
            let client = TLSClient(port: server.port, maximum: TLS1_2_VERSION)
            #expect(await client.connect())
            #expect(await !client.renegotiate())
        }
    }

    @Test func keys_may_be_changed_at_any_time() async throws {
        try await SecureTestServer().run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            for _ in 0..<50 {
                #expect(await client.updateKeys())
                #expect(await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
                #expect(await client.readAnswer() != nil)
            }
        }
    }

    /// Looking whether the client has gone takes what it has sent out of the kernel, which then does not tell of it.
    @Test func a_request_that_comes_while_another_is_in_work_is_answered() async throws {
        let gate = Gate()
        try await SecureTestServer(handler: { request in
            if request.path == "/wait" { await gate.pass() }
            return .text(request.path)
        }).run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            #expect(await client.write("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"))
            #expect(await eventually { gate.waiting == 1 })
            #expect(await client.write("GET /next HTTP/1.1\r\nHost: h\r\n\r\n"))
            // The server has looked at the second one once another connection has been answered.
            let other = TLSClient(port: server.port)
            #expect(await other.connect())
            #expect(await other.write("GET /other HTTP/1.1\r\nHost: h\r\n\r\n"))
            #expect(await other.readAnswer()?.body == Array("/other".utf8))
            gate.open()
            #expect(await client.readAnswer()?.body == Array("/wait".utf8))
            #expect(await client.readAnswer()?.body == Array("/next".utf8))
        }
    }

    @Test(arguments: [("GET", true), ("POST", false)])
    func a_client_that_goes_breaks_off_what_only_reads(method: String, isCancelled: Bool) async throws {
        let gate = Gate()
        let cancelled = Counter()
        try await SecureTestServer(handler: { request in
            await withTaskCancellationHandler {
                await gate.pass()
            } onCancel: {
                cancelled.add()
                gate.open()
            }
            return .text("done")
        }).run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            #expect(await client.write("\(method) / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"))
            #expect(await eventually { gate.waiting == 1 })
            await client.sayGoodbye()
            if isCancelled {
                #expect(await eventually { cancelled.value == 1 })
            } else {
                gate.open()
                #expect(await client.readAnswer()?.body == Array("done".utf8))
                #expect(cancelled.value == 0)
            }
        }
    }
}
