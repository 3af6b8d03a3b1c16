import FoundationEssentials
import HTTP
import HTTPServer
import Kernel
import Synchronization
import Testing

/// Answers that are sent in pieces.
@Suite struct StreamedAnswerTests {
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    /// All that the server sends until it closes.
    private static func answer(_ request: String, _ stream: @escaping @Sendable () -> BodyStream) async throws -> String
    {
        try await TestServer(handler: { _ in .streamed(stream()) }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write(request)
            return text(await client.readToEnd())
        }
    }
    private static let closing = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    @Test func a_body_of_unknown_length_comes_in_chunks() async throws {
        let answer = try await Self.answer(Self.closing) { BodyStream(["hello", " world"]) }
        #expect(answer.contains("\r\nTransfer-Encoding: chunked\r\n"))
        #expect(!answer.contains("Content-Length"))
        #expect(answer.hasSuffix("\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"))
    }

    @Test func a_body_of_known_length_comes_as_it_is() async throws {
        let answer = try await Self.answer(Self.closing) { BodyStream(["hello", " world"], length: 11) }
        #expect(answer.contains("\r\nContent-Length: 11\r\n") && !answer.contains("Transfer-Encoding"))
        #expect(answer.hasSuffix("\r\n\r\nhello world"))
    }

    @Test func the_first_version_gets_the_body_up_to_the_end_of_the_connection() async throws {
        let request = "GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"
        let answer = try await Self.answer(request) { BodyStream(["hello"]) }
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(!answer.contains("chunked") && !answer.contains("Content-Length"))
        #expect(answer.hasSuffix("\r\n\r\nhello"))
    }

    @Test func the_connection_goes_on_after_the_last_chunk() async throws {
        try await TestServer(handler: { request in
            request.path == "/whole" ? .text("whole") : .streamed(BodyStream(["piece"]))
        }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /whole HTTP/1.1\r\nHost: h\r\n\r\n")
            client.write("GET /whole HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let text = Self.text(await client.readToEnd())
            #expect(text.components(separatedBy: "HTTP/1.1 200").count == 4)
            #expect(text.contains("5\r\npiece\r\n0\r\n\r\nHTTP/1.1 200 OK"))
        }
    }

    @Test(arguments: [7, nil])
    func head_gets_no_body_and_nobody_makes_one(length: Int?) async throws {
        let ends = StreamEnds()
        try await TestServer(handler: { request in
            guard request.method == .head else { return .text("next") }
            let stream = BodyStream(length: length)
            ends.watch(stream)
            return .streamed(stream)
        }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let head = try #require(await client.readAnswer(hasBody: false))
            #expect(head.header("Content-Length") == length.map { "\($0)" })
            #expect(await client.readAnswer()?.body == "next")
            #expect(ends.cancelled == 1)
        }
    }

    // MARK: Cut off

    @Test(arguments: [("HTTP/1.1", nil), ("HTTP/1.1", 100), ("HTTP/1.0", nil)] as [(String, Int?)])
    func a_body_that_is_cut_off_does_not_look_whole(version: String, length: Int?) async throws {
        let stream = BodyStream(length: length)
        stream.offer(Data("half".utf8))
        try await TestServer(handler: { _ in .streamed(stream) }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / \(version)\r\nHost: h\r\n\r\n")
            #expect(await eventually { stream.taken == 4 })
            stream.fail(TransportError(.interrupted, "cut"))
            let text = Self.text(await client.readToEnd())
            #expect(text.contains("half") && !text.hasSuffix("0\r\n\r\n"))
            // A body without chunks and length ends with its connection, unless that is reset.
            if version == "HTTP/1.0" { #expect(client.isReset) }
        }
    }

    @Test(arguments: [["12345"], ["123", "45"], ["123"]])
    func a_body_of_another_length_than_it_says_is_cut_off(pieces: [String]) async throws {
        let answer = try await Self.answer("GET / HTTP/1.1\r\nHost: h\r\n\r\n") { BodyStream(pieces, length: 4) }
        #expect(answer.contains("Content-Length: 4\r\n"))
        let body = try #require(answer.components(separatedBy: "\r\n\r\n").last)
        #expect(body.utf8.count < 4)
    }

    @Test func a_client_that_goes_ends_the_stream() async throws {
        let ends = StreamEnds()
        let stream = BodyStream()
        ends.watch(stream)
        stream.offer(Data("first".utf8))
        try await TestServer(handler: { _ in .streamed(stream) }).run { server, _ in
            var client: RawClient? = RawClient(port: server.port)
            client?.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await eventually { stream.taken == 5 })
            let left = ContinuousClock.now
            client = nil
            #expect(await eventually { ends.cancelled == 1 })
            #expect(ContinuousClock.now - left < .seconds(1))
        }
    }

    // MARK: Slow clients, long streams, the end

    @Test func a_client_that_reads_nothing_stops_the_producer_and_is_closed() async throws {
        var limits = HTTPLimits()
        limits.answerTime = .milliseconds(200)
        let ends = StreamEnds()
        let stream = BodyStream()
        ends.watch(stream)
        try await TestServer(limits: limits, handler: { _ in .streamed(stream) }).run { server, loop in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let piece = Data(repeating: 0x61, count: BodyStream.capacity)
            let producer = loop.start {
                for _ in 0..<1000 {
                    do { try await stream.write(piece) } catch { return }
                }
                Issue.record("nobody read the 64 MB, and nobody stopped who wrote them")
            }
            await producer.value
            #expect(ends.cancelled == 1)
            #expect(stream.taken < 32 << 20)
            withExtendedLifetime(client) {}
        }
    }

    @Test func a_stream_may_be_silent_for_longer_than_an_answer_may_take() async throws {
        var limits = HTTPLimits()
        (limits.answerTime, limits.handlerTime) = (.milliseconds(40), .milliseconds(40))
        let stream = BodyStream()
        try await TestServer(limits: limits, handler: { _ in .streamed(stream) }).run { server, loop in
            let client = RawClient(port: server.port)
            client.write(Self.closing)
            #expect(await eventually { stream.hasBegun })
            try await loop.sleep(for: .milliseconds(200))
            stream.offer(Data("late".utf8))
            stream.finish()
            #expect(Self.text(await client.readToEnd()).hasSuffix("4\r\nlate\r\n0\r\n\r\n"))
        }
    }

    @Test func a_stream_of_events_ends_whole_when_the_server_stops() async throws {
        try await TestServer(handler: { _ in .text("") }).run { _, loop in
            let server = HTTPServer(loop: loop, port: 0) { request in
                .events(for: request, on: loop) { events in
                    try await events.send(ServerSentEvent("one"))
                    try await loop.sleep(for: .seconds(3600))
                }
            }
            try server.start()
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let reader = Task { Self.text(await client.readToEnd()) }
            #expect(await eventually { server.port != 0 })
            try await loop.sleep(for: .milliseconds(50))
            let began = ContinuousClock.now
            await server.stop(grace: .seconds(20))
            #expect(ContinuousClock.now - began < .seconds(5))
            let text = await reader.value
            #expect(text.contains("data: one\n\n") && text.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func a_stream_without_end_is_cut_after_the_grace() async throws {
        let ends = StreamEnds()
        let stream = BodyStream()
        ends.watch(stream)
        stream.offer(Data("some".utf8))
        try await TestServer(handler: { _ in .streamed(stream) }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await eventually { stream.taken == 4 })
            await server.stop(grace: .milliseconds(100))
            #expect(ends.cancelled == 1)
            #expect(!Self.text(await client.readToEnd()).hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func what_streams_hold_is_counted_and_let_go() async throws {
        let shared = SharedHTTPLimits()
        let stream = BodyStream()
        try await TestServer(handler: { _ in .text("") }).run { _, loop in
            let server = HTTPServer(loop: loop, port: 0, shared: shared) { _ in .streamed(stream) }
            try server.start()
            let client = RawClient(port: server.port)
            client.write(Self.closing)
            #expect(await eventually { shared.heldBodies == BodyStream.capacity })
            stream.finish()
            #expect(Self.text(await client.readToEnd()).hasSuffix("0\r\n\r\n"))
            #expect(await eventually { shared.heldBodies == 0 })
            await server.stop(grace: .milliseconds(100))
        }
    }
}
