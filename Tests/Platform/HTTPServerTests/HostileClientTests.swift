import FoundationEssentials
import HTTP
import HTTPServer
import Kernel
import Testing

@Suite struct HostileClientTests {
    /// The daemon may see the end of a client's side only when a time limit makes it look.
    private static let impatient: HTTPLimits = {
        var limits = HTTPLimits()
        (limits.idleTime, limits.bodyTime, limits.headerTime) = (
            .milliseconds(20), .milliseconds(20), .milliseconds(20)
        )
        return limits
    }()

    private func isAlive(_ server: HTTPServer) async -> Bool {
        let client = RawClient(port: server.port)
        client.write("GET /alive HTTP/1.1\r\nHost: h\r\n\r\n")
        return await client.readAnswer()?.body == "ok"
    }

    @Test(arguments: [
        "\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\0\0\0\0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "GET /%%%?&&=&%zz HTTP/1.1\r\nHost: h\r\n\r\n", "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "GET ?x HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\u{FF}\u{1} HTTP/1.1\r\nHost: h\r\nX:\u{1}\u{2}\r\n folded\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}",
    ])
    func garbage_does_no_harm(bytes: String) async throws {
        try await TestServer(limits: Self.impatient, handler: { _ in .text("ok") }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write(bytes)
            client.endWriting()
            #expect(await client.seesEnd())
            #expect(await isAlive(server))
        }
    }

    @Test func random_bytes_do_no_harm() async throws {
        try await TestServer(limits: Self.impatient, handler: { _ in .text("ok") }).run { server, _ in
            var random = SplitMix64(seed: 7)
            for _ in 0..<200 {
                let client = RawClient(port: server.port)
                var text = Array("POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX-Y: z\r\n\r\nabc".utf8)
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    text[Int.random(in: 0..<text.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                client.write(text)
                client.endWriting()
                #expect(await client.seesEnd())
            }
            #expect(await isAlive(server))
        }
    }

    @Test(arguments: [false, true])
    func a_client_that_goes_while_its_handler_runs_does_no_harm(resets: Bool) async throws {
        let gate = Gate()
        let done = Counter()
        try await TestServer(handler: { request in
            if request.path == "/alive" { return .text("ok") }
            await gate.pass()
            done.add()
            return Response(status: 200, body: Data(repeating: 1, count: 1 << 20))
        }).run { server, _ in
            var clients: [RawClient] = (0..<20).map { _ in RawClient(port: server.port) }
            for client in clients { client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
            #expect(await eventually { gate.waiting == 20 })
            if resets { for client in clients { client.reset() } }
            clients.removeAll()
            #expect(await isAlive(server))
            gate.open()
            #expect(await eventually { done.value == 20 })
            #expect(await isAlive(server))
        }
    }

    @Test func a_client_that_never_reads_its_answer_is_closed() async throws {
        var limits = HTTPLimits()
        limits.answerTime = .milliseconds(100)
        try await TestServer(
            limits: limits,
            handler: { request in
                request.path == "/alive"
                    ? .text("ok") : Response(status: 200, body: Data(repeating: 1, count: 64 << 20))
            }
        ).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await isAlive(server))
            #expect(await eventually { !client.write("x") })
        }
    }

    @Test func a_client_that_leaves_mid_body_does_no_harm() async throws {
        try await TestServer(handler: { _ in .text("ok") }).run { server, _ in
            for _ in 0..<20 {
                let client = RawClient(port: server.port)
                client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf")
            }
            #expect(await isAlive(server))
        }
    }
}
