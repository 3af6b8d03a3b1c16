import FoundationEssentials
import HTTP
import HTTPServer
import Kernel
import Runtime
import Synchronization
import Testing

/// Bodies of requests that the handler reads while they come.
@Suite struct StreamedBodyTests {
    private static let long = 300_000
    private static let roomy = {
        var limits = HTTPLimits()
        limits.maximumBody = 1 << 30
        return limits
    }()
    private static let body = [UInt8](repeating: 0x61, count: long)

    /// Answers with the length of the body, and whether it came in pieces.
    private static let count: HTTPServer.Handler = { request in
        guard let stream = request.stream else { return .text("whole \(request.body.count)") }
        var count = 0
        do throws(TransportError) {
            while let bytes = try await stream.next() { count += bytes.count }
        } catch {
            return .text("cut after \(count): \(error.code)", status: 500)
        }
        return .text("pieces \(count)")
    }

    private static func chunks(_ count: Int) -> [UInt8] {
        Array((0..<count).map { _ in "3e8\r\n" + String(repeating: "b", count: 1000) + "\r\n" }.joined().utf8)
    }
    private static let chunkedHead = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test func a_long_body_comes_in_pieces_and_the_connection_goes_on() async throws {
        try await TestServer.streaming(Self.count).run { server, _ in
            let client = RawClient(port: server.port)
            for _ in 0..<3 {
                client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(Self.long)\r\n\r\n")
                client.write(Self.body)
                #expect(await client.readAnswer()?.body == "pieces \(Self.long)")
                client.write(Self.chunkedHead)
                client.write(Self.chunks(100) + Array("0\r\nTrailer: x\r\n\r\n".utf8))
                #expect(await client.readAnswer()?.body == "pieces 100000")
            }
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            #expect(await client.readAnswer()?.body == "whole 3")
            client.write(Self.chunkedHead + "1\r\na\r\n0\r\n\r\n")
            #expect(await client.readAnswer()?.body == "whole 1")
        }
    }

    @Test func the_next_request_waits_behind_the_body() async throws {
        try await TestServer.streaming(Self.count).run { server, _ in
            let client = RawClient(port: server.port)
            let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(Self.long)\r\n\r\n"
            client.write(Array(head.utf8) + Self.body + Array("GET /next HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            #expect(await client.readAnswer()?.body == "pieces \(Self.long)")
            #expect(await client.readAnswer()?.body == "whole 0")
        }
    }

    @Test func a_server_that_does_not_stream_gives_whole_bodies() async throws {
        try await TestServer(handler: Self.count).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(Self.long)\r\n\r\n")
            client.write(Self.body)
            #expect(await client.readAnswer()?.body == "whole \(Self.long)")
        }
    }

    @Test func the_client_is_asked_for_a_body_once_the_handler_reads() async throws {
        let gate = Gate()
        try await TestServer.streaming { request in
            await gate.pass()
            return await Self.count(request)
        }.run { server, _ in
            let client = RawClient(port: server.port)
            let length = Self.long
            client.write(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\nExpect: 100-continue\r\n\r\n")
            #expect(await eventually { gate.waiting == 1 })
            gate.open()
            #expect(await client.readAnswer(hasBody: false)?.head == "HTTP/1.1 100 Continue")
            client.write(Self.body)
            #expect(await client.readAnswer()?.body == "pieces \(length)")
        }
    }

    @Test func an_early_refusal_comes_instead_of_the_question_for_the_body() async throws {
        try await TestServer.streaming { _ in .text("no", status: 401) }.run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n")
            let answer = try #require(await client.readAnswer())
            #expect(answer.status == 401 && answer.header("Connection") == "close")
            #expect(await client.seesEnd())
        }
    }

    @Test func an_early_answer_is_heard_while_the_body_comes() async throws {
        let ends = StreamEnds()
        try await TestServer.streaming(limits: Self.roomy) { request in
            if let stream = request.stream {
                ends.watch(stream)
                _ = try? await stream.next()
            }
            return .text("enough", status: 413)
        }.run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
            client.write(Self.body)
            let answer = try #require(await client.readAnswer())
            #expect(answer.status == 413 && answer.header("Connection") == "close")
            #expect(ends.cancelled == 1)
            #expect(await client.seesEnd())
        }
    }

    @Test(arguments: ["zz\r\n", "3e8\r\nshort\r\n0\r\n\r\n" + String(repeating: "x", count: 2000), "-1\r\n", "5 \r\n"])
    func chunks_that_cannot_be_read_amid_a_stream_are_refused(rest: String) async throws {
        let ends = StreamEnds()
        try await TestServer.streaming { request in
            if let stream = request.stream { ends.watch(stream) }
            return await Self.count(request)
        }.run { server, _ in
            let client = RawClient(port: server.port)
            client.write(Self.chunkedHead)
            client.write(Self.chunks(200) + Array(rest.utf8))
            let answer = try #require(await client.readAnswer())
            #expect(answer.status == 400 && answer.header("Connection") == "close")
            #expect(ends.failed == 1)
            #expect(await client.seesEnd())
        }
    }

    @Test(arguments: [true, false])
    func a_client_that_goes_amid_a_body_cuts_it_off(resets: Bool) async throws {
        let ends = StreamEnds()
        try await TestServer.streaming(limits: Self.roomy) { request in
            if let stream = request.stream { ends.watch(stream) }
            return await Self.count(request)
        }.run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
            client.write(Self.body)
            if resets { client.reset() } else { client.endWriting() }
            let left = ContinuousClock.now
            #expect(await eventually { ends.failed == 1 })
            #expect(ContinuousClock.now - left < .seconds(1))
        }
    }

    @Test func a_handler_that_does_not_read_slows_the_client() async throws {
        let gate = Gate()
        try await TestServer.streaming(limits: Self.roomy) { request in
            await gate.pass()
            let count = (try? await request.stream?.collect(atMost: 1 << 30).count) ?? 0
            return .text("\(count)")
        }.run { server, _ in
            let client = RawClient(port: server.port)
            let size = 40 << 20
            let sent = Counter()
            let writer = ThreadWorker(name: "writer")
            writer.submit {
                client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
                for _ in 0..<(size >> 20) {
                    client.write([UInt8](repeating: 0x61, count: 1 << 20))
                    sent.add()
                }
            }
            #expect(await eventually { gate.waiting == 1 })
            // The kernel's buffers fill up; then the client stands still.
            var before = -1
            #expect(
                await eventually {
                    defer { before = sent.value }
                    try? await Task.sleep(for: .milliseconds(50))
                    return before == sent.value
                })
            #expect(sent.value < size >> 20)
            gate.open()
            #expect(await client.readAnswer()?.body == "\(size)")
            writer.stop()
        }
    }

    @Test func a_body_larger_than_the_server_takes_is_refused_at_once() async throws {
        try await TestServer.streaming(largest: 200_000, Self.count).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200001\r\n\r\n")
            #expect(await client.readAnswer()?.status == 413)
            let other = RawClient(port: server.port)
            other.write(Self.chunkedHead)
            other.write(Self.chunks(300))
            #expect(await other.readAnswer()?.status == 413)
        }
    }

    /// The handler may raise it, as the gateway does by its routes.
    @Test func the_limit_of_whole_bodies_holds_unless_the_handler_says_otherwise() async throws {
        var limits = HTTPLimits()
        limits.maximumBody = 100_000
        try await TestServer.streaming(limits: limits) { request in
            if request.path == "/raised" { request.stream?.limit(to: Self.long) }
            return await Self.count(request)
        }.run { server, _ in
            for (path, answer) in [("/", "cut after 0: tooLarge"), ("/raised", "pieces \(Self.long)")] {
                let client = RawClient(port: server.port)
                client.write("POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(Self.long)\r\n\r\n")
                client.write(Self.body)
                #expect(await client.readAnswer()?.body == answer)
            }
        }
    }

    @Test func a_body_that_stands_still_gets_408_and_one_that_comes_slowly_does_not() async throws {
        var limits = HTTPLimits()
        (limits.bodyTime, limits.handlerTime) = (.milliseconds(150), .milliseconds(100))
        try await TestServer.streaming(limits: limits, Self.count).run { server, loop in
            let slow = RawClient(port: server.port)
            slow.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(8 * 70_000)\r\n\r\n")
            for _ in 0..<8 {
                slow.write([UInt8](repeating: 0x61, count: 70_000))
                try await loop.sleep(for: .milliseconds(40))
            }
            #expect(await slow.readAnswer()?.body == "pieces \(8 * 70_000)")
            let still = RawClient(port: server.port)
            still.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
            still.write([UInt8](repeating: 0x61, count: 1000))
            let answer = try #require(await still.readAnswer())
            #expect(answer.status == 408 && answer.header("Connection") == "close")
        }
    }

    @Test func a_body_may_be_answered_piece_by_piece() async throws {
        try await TestServer.streaming(limits: Self.roomy) { request in
            guard let stream = request.stream else { return .text("whole") }
            return .streamed(stream)
        }.run { server, _ in
            let client = RawClient(port: server.port)
            let writer = ThreadWorker(name: "writer")
            let size = 20 << 20
            writer.submit {
                client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
                client.write([UInt8](repeating: 0x61, count: size))
            }
            let bytes = await client.readToEnd()
            let head = bytes.firstRange(of: Array("\r\n\r\n".utf8))
            #expect(bytes.count - (head?.upperBound ?? 0) == size)
            writer.stop()
        }
    }

    @Test func what_a_body_holds_is_counted_and_bounded() async throws {
        let shared = SharedHTTPLimits(maximumBodies: BodyStream.capacity)
        let gate = Gate()
        try await TestServer(handler: { _ in .text("") }).run { _, loop in
            let server = HTTPServer(loop: loop, port: 0, shared: shared, streaming: BodyStreaming { 1 << 30 }) {
                await gate.pass()
                return await Self.count($0)
            }
            try server.start()
            let clients = [RawClient(port: server.port), RawClient(port: server.port)]
            let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"
            clients[0].write(head)
            #expect(await eventually { shared.heldBodies == BodyStream.capacity })
            clients[1].write(head)
            let refused = try #require(await clients[1].readAnswer())
            #expect(refused.status == 503 && refused.header("Retry-After") != nil)
            gate.open()
            clients[0].write([UInt8](repeating: 0x61, count: 100_000))
            #expect(await clients[0].readAnswer()?.body == "pieces 100000")
            #expect(await eventually { shared.heldBodies == 0 })
            await server.stop(grace: .milliseconds(100))
        }
    }
}
