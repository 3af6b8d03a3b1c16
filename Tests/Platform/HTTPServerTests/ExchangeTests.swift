import FoundationEssentials
import HTTP
import HTTPServer
import Kernel
import Runtime
import Synchronization
import Testing

@Suite struct ExchangeTests {
    private static let echo: HTTPServer.Handler = { request in
        .text("\(request.method) \(request.path)?\(request.rawQuery) \(String(decoding: request.body, as: UTF8.self))")
    }

    @Test func a_request_arrives_whole_and_undecoded() async throws {
        try await TestServer(handler: Self.echo).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST /a%2Fb/c?x=1&y=%20 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
            let answer = try #require(await client.readAnswer())
            #expect(answer.status == 200)
            #expect(answer.body == "POST /a%2Fb/c?x=1&y=%20 hello")
            #expect(answer.header("Content-Length") == "\(answer.body.utf8.count)")
        }
    }

    @Test func headers_arrive_in_order_and_repeated_ones_too() async throws {
        try await TestServer(handler: { .text($0.headers.all("x-a").joined(separator: ",")) }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\n\r\n")
            #expect(await client.readAnswer()?.body == "1,2")
        }
    }

    @Test(arguments: [12, nil])
    func head_says_how_long_a_body_is_that_another_server_has_left_out(length: Int?) async throws {
        let handler: HTTPServer.Handler = { request in
            guard request.method == .head else { return .text(request.peerAddress ?? "") }
            var response = Response(status: 200)
            response.omittedBody = .init(length: length)
            return response
        }
        try await TestServer(handler: handler).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            let head = try #require(await client.readAnswer(hasBody: false))
            #expect(head.header("Content-Length") == length.map { "\($0)" })
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.readAnswer()?.body == "127.0.0.1")
        }
    }

    @Test func a_chunked_body_arrives_whole() async throws {
        try await TestServer(handler: Self.echo).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.write("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
            #expect(await client.readAnswer()?.body == "POST /? hello world")
        }
    }

    @Test func a_connection_serves_many_requests() async throws {
        try await TestServer(handler: Self.echo).run { server, _ in
            let client = RawClient(port: server.port)
            for number in 0..<50 {
                client.write("GET /\(number) HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(await client.readAnswer()?.body == "GET /\(number)? ")
            }
        }
    }

    /// Each request keeps the loop busy for two milliseconds; a hundred at once would keep it from all others.
    @Test func others_have_their_turn_among_pipelined_requests_that_take_long() async throws {
        let loop = EventLoop(name: "busy")
        let order = Mutex<[String]>([])
        let handler: HTTPServer.Handler = { request in
            let end = loop.uptime + .milliseconds(2)
            while loop.uptime < end {}
            order.withLock { $0.append(request.path) }
            return .text("")
        }
        try await TestServer(handler: handler).run { server, _ in
            let (many, other) = (RawClient(port: server.port), RawClient(port: server.port))
            many.write(String(repeating: "GET /many HTTP/1.1\r\nHost: h\r\n\r\n", count: 100))
            other.write("GET /other HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await other.readAnswer()?.status == 200)
            let place = try #require(order.withLock { $0.firstIndex(of: "/other") })
            #expect(place < 90, "\(place) others came first")
        }
    }

    @Test(arguments: [false, true])
    func pipelined_requests_are_answered_in_their_order(suspends: Bool) async throws {
        let handler: HTTPServer.Handler = { request in
            if suspends { await Task.yield() }
            return .text(request.path)
        }
        try await TestServer(handler: handler).run { server, _ in
            let client = RawClient(port: server.port)
            client.write((0..<20).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
            for number in 0..<20 { #expect(await client.readAnswer()?.body == "/\(number)") }
        }
    }

    @Test func a_handler_that_waits_is_answered_when_it_is_done() async throws {
        let gate = Gate()
        try await TestServer(handler: { _ in
            await gate.pass()
            return .text("late")
        }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await eventually { gate.waiting == 1 })
            gate.open()
            #expect(await client.readAnswer()?.body == "late")
        }
    }

    @Test func handlers_stay_on_the_loop() async throws {
        let loop = EventLoop(name: "loop")
        loop.start()
        let server = HTTPServer(loop: loop, port: 0) { _ in
            var places = [loop.isCurrent]
            await Task.yield()
            places.append(loop.isCurrent)
            try? await loop.sleep(for: .milliseconds(1))
            places.append(loop.isCurrent)
            return .text("\(places)")
        }
        try server.start()
        let client = RawClient(port: server.port)
        client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await client.readAnswer()?.body == "[true, true, true]")
        await server.stop()
        loop.stop()
    }

    @Test func head_has_the_length_and_no_body() async throws {
        try await TestServer(handler: { _ in .text("12345") }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let head = try #require(await client.readAnswer(hasBody: false))
            #expect(head.header("Content-Length") == "5")
            #expect(await client.readAnswer()?.body == "12345")
        }
    }

    @Test func a_client_that_waits_for_100_Continue_gets_it() async throws {
        try await TestServer(handler: Self.echo).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(await client.readAnswer()?.status == 100)
            client.write("ok")
            #expect(await client.readAnswer()?.body == "POST /? ok")
        }
    }

    @Test func a_large_answer_arrives_whole() async throws {
        let size = 8 << 20
        try await TestServer(handler: { _ in Response(status: 200, body: Data(repeating: 0x61, count: size)) }).run {
            server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.readAnswer()?.body.utf8.count == size)
        }
    }

    @Test func a_line_break_in_a_header_splits_nothing() async throws {
        try await TestServer(handler: { _ in
            Response(status: 200, headers: ["X-A": "1\r\nX-Evil: 2", "X-B": "3"])
        }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try #require(await client.readAnswer())
            #expect(answer.header("X-Evil") == nil)
            #expect(answer.header("X-B") == "3")
        }
    }

    @Test func the_observer_is_told_of_each_answer() async throws {
        let counter = Counter()
        let observer: HTTPServer.Observer = { method, status, duration in
            if method == .put, status == 201, duration > .zero { counter.add() }
        }
        try await TestServer(observer: observer, handler: { _ in Response(status: 201) }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            #expect(await client.readAnswer()?.status == 201)
            #expect(counter.value == 1)
        }
    }

    @Test func several_servers_share_a_loop() async throws {
        let loop = EventLoop(name: "loop")
        loop.start()
        let servers = (0..<4).map { number in HTTPServer(loop: loop, port: 0) { _ in .text("\(number)") } }
        for server in servers { try server.start() }
        for (number, server) in servers.enumerated() {
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.readAnswer()?.body == "\(number)")
        }
        for server in servers { await server.stop() }
        loop.stop()
    }

    /// A client that has closed waits for nothing; a request that may change something is done all the same.
    @Test(arguments: [("GET", true), ("POST", false)])
    func the_work_for_a_client_that_has_gone_ends(method: String, isBrokenOff: Bool) async throws {
        let (begun, cancelled, finished) = (Counter(), Counter(), Counter())
        let gate = Gate()
        let server = TestServer { _ in
            begun.add()
            await withTaskCancellationHandler {
                await gate.pass()
            } onCancel: {
                cancelled.add()
            }
            finished.add()
            return .text("done")
        }
        try await server.run { server, _ in
            var client: RawClient? = RawClient(port: server.port)
            client?.write("\(method) / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            #expect(await eventually { begun.value == 1 })
            client = nil
            if isBrokenOff { #expect(await eventually { cancelled.value == 1 }) }
            // Another request is answered meanwhile.
            let other = RawClient(port: server.port)
            gate.open()
            other.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await other.readAnswer()?.status == 200)
            #expect(await eventually { finished.value == 2 })
            #expect(cancelled.value == (isBrokenOff ? 1 : 0))
        }
    }
}
