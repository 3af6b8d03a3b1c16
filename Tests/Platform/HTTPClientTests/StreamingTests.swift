import FoundationEssentials
import Glibc
import HTTP
import HTTPClient
import HTTPServer
import Kernel
import Synchronization
import Testing

/// Bodies that a client sends and takes in pieces.
@Suite struct StreamingTests {
    private static let megabyte = Data(repeating: 0x61, count: 1 << 20)

    private static func get(_ url: String, timeout: Duration = .seconds(10)) -> OutboundRequest {
        var request = OutboundRequest(method: .get, url: url, timeout: timeout)
        request.streamsAbove = BodyStream.capacity
        return request
    }

    private static func post(_ url: String, _ stream: BodyStream, timeout: Duration = .seconds(10)) -> OutboundRequest {
        var request = get(url, timeout: timeout)
        request.method = .post
        request.stream = stream
        return request
    }

    private static func size(_ stream: BodyStream?) async throws -> Int {
        var size = 0
        while let bytes = try await stream?.next() { size += bytes.count }
        return size
    }

    private static func streamed(_ stream: BodyStream) -> Response {
        var response = Response(status: 200)
        response.stream = stream
        return response
    }

    // MARK: Answers

    @Test func a_long_answer_comes_in_pieces_and_the_connection_is_used_again() async throws {
        try await TestExchange(handler: { request in
            request.path == "/peer" ? .text("") : Response(status: 200, body: Data(repeating: 0x61, count: 5 << 20))
        }).run { client, url in
            for _ in 0..<3 {
                let response = try await client.send(Self.get(url))
                #expect(response.body.isEmpty && response.stream?.length == 5 << 20)
                #expect(try await Self.size(response.stream) == 5 << 20)
            }
        }
    }

    @Test func a_short_answer_comes_whole() async throws {
        try await TestExchange(handler: { request in
            guard request.path == "/chunks" else { return .text("short") }
            let stream = BodyStream()
            stream.offer(Data("short".utf8))
            stream.finish()
            return Self.streamed(stream)
        }).run { client, url in
            let response = try await client.send(Self.get(url))
            #expect(response.stream == nil && response.body == Data("short".utf8))
            // Whether its end comes with its beginning is up to the kernel.
            let chunks = try await client.send(Self.get(url + "/chunks"))
            let body = try await chunks.stream?.collect(atMost: 100) ?? chunks.body
            #expect(body == Data("short".utf8))
        }
    }

    /// It never ends: held whole, it would take the place of an ordinary request until its time is over.
    @Test func events_beyond_the_limit_of_streams_are_refused_at_once() async throws {
        try await TestExchange(
            options: Self.fewStreams,
            handler: { _ in
                let stream = BodyStream()
                stream.offer(Data("data: 1\n\n".utf8))
                var response = Self.streamed(stream)
                response.headers["Content-Type"] = "text/event-stream"
                return response
            }
        ).run { client, url in
            let first = try await client.send(Self.get(url))
            #expect(first.stream != nil)
            let error = await #expect(throws: TransportError.self) { try await client.send(Self.get(url)) }
            #expect(error?.code == .tooLarge)
            first.stream?.cancel()
        }
    }

    private static var fewStreams: HTTPClientOptions {
        var options = HTTPClientOptions()
        options.maximumStreams = 1
        return options
    }

    @Test func an_answer_that_must_be_whole_is() async throws {
        try await TestExchange(handler: { _ in Response(status: 200, body: Self.megabyte) }).run { client, url in
            let response = try await client.send(OutboundRequest(method: .get, url: url))
            #expect(response.stream == nil && response.body == Self.megabyte)
        }
    }

    @Test func events_come_one_by_one_as_they_are_sent() async throws {
        let stream = BodyStream()
        try await TestExchange(handler: { _ in Self.streamed(stream) }).run { client, url in
            stream.offer(Data("0".utf8))
            let response = try await client.send(Self.get(url))
            let answer = try #require(response.stream)
            #expect(try await answer.next() == Data("0".utf8))
            for number in 1...20 {
                let text = Data("\(number)".utf8)
                stream.offer(text)
                #expect(try await answer.next() == text)
            }
            stream.finish()
            #expect(try await answer.next() == nil)
        }
    }

    @Test func the_time_of_a_whole_exchange_does_not_bound_a_stream() async throws {
        let stream = BodyStream()
        stream.offer(Data("a".utf8))
        try await TestExchange(handler: { _ in Self.streamed(stream) }).run { client, url in
            let response = try await client.send(Self.get(url, timeout: .milliseconds(150)))
            try await Task.sleep(for: .milliseconds(400))
            stream.offer(Data("b".utf8))
            stream.finish()
            #expect(try await Self.size(response.stream) == 2)
        }
    }

    @Test func a_stream_that_falls_silent_is_given_up() async throws {
        let stream = BodyStream()
        stream.offer(Data("a".utf8))
        try await TestExchange(handler: { _ in Self.streamed(stream) }).run { client, url in
            var request = Self.get(url)
            request.idleTimeout = .milliseconds(100)
            let response = try await client.send(request)
            let error = await #expect(throws: TransportError.self) { try await Self.size(response.stream) }
            #expect(error?.code == .timedOut)
            #expect(await eventually { stream.isCancelled })
        }
    }

    /// Its silence is not the server's: the caller has not taken what is there.
    @Test func a_caller_that_takes_nothing_for_a_while_loses_nothing() async throws {
        try await TestExchange(handler: { _ in Response(status: 200, body: Data(repeating: 0x61, count: 20 << 20)) })
            .run { client, url in
                var request = Self.get(url)
                request.idleTimeout = .milliseconds(100)
                let response = try await client.send(request)
                try await Task.sleep(for: .milliseconds(400))
                #expect(try await Self.size(response.stream) == 20 << 20)
            }
    }

    @Test func a_caller_that_leaves_closes_the_connection() async throws {
        let stream = BodyStream()
        stream.offer(Data("a".utf8))
        try await TestExchange(handler: { _ in Self.streamed(stream) }).run { client, url in
            let response = try await client.send(Self.get(url))
            let left = ContinuousClock.now
            response.stream?.cancel()
            #expect(await eventually { stream.isCancelled })
            #expect(ContinuousClock.now - left < .seconds(1))
        }
    }

    private static let ends = ["\r\n", "3\r\nab", "0\r\n", "zz\r\n"]

    /// A cut answer must not look whole, nor its connection be used again.
    @Test(
        arguments: ends.map { "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n" + $0 } + ["Content-Length: 90000\r\n\r\na"]
    )
    func an_answer_that_is_cut_off_does_not_look_whole(answer: String) async throws {
        let server = ScriptedServer { connection, _ in
            ScriptedServer.read(connection, until: "\r\n\r\n")
            ScriptedServer.write(connection, "HTTP/1.1 200 OK\r\n" + answer)
            usleep(20_000)
        }
        defer { server.stop() }
        try await withClient { client, _ in
            for number in 1...2 {
                await #expect(throws: TransportError.self) {
                    let response = try await client.send(Self.get("http://127.0.0.1:\(server.port)/"))
                    _ = try await Self.size(response.stream)
                }
                #expect(server.connections == number)
            }
        }
    }

    @Test(arguments: [
        "Content-Length: 70000\r\nContent-Length: 70001", "Content-Length: 70000\r\nTransfer-Encoding: chunked",
    ])
    func an_answer_that_says_its_length_in_two_ways_is_not_begun(fields: String) async throws {
        let server = ScriptedServer { connection, _ in
            ScriptedServer.read(connection, until: "\r\n\r\n")
            ScriptedServer.write(
                connection, "HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n" + String(repeating: "a", count: 70_000))
        }
        defer { server.stop() }
        try await withClient { client, _ in
            let error = await client.failure(Self.get("http://127.0.0.1:\(server.port)/"))
            #expect(error?.code == .interrupted)
        }
    }

    @Test func streams_keep_no_other_requests_out() async throws {
        var options = HTTPClientOptions()
        options.maximumConcurrent = 2
        let streams = Mutex<[BodyStream]>([])
        try await TestExchange(
            options: options,
            handler: { request in
                guard request.path == "/events" else { return .text("ok") }
                let stream = BodyStream()
                stream.offer(Data("a".utf8))
                streams.withLock { $0.append(stream) }
                return Self.streamed(stream)
            }
        ).run { client, url in
            var open: [Response] = []
            for _ in 0..<10 { open.append(try await client.send(Self.get(url + "/events"))) }
            #expect(try await client.send(Self.get(url)).status == 200)
            for response in open { response.stream?.cancel() }
            #expect(await eventually { streams.withLock { $0.allSatisfy(\.isCancelled) } })
        }
    }

    // MARK: Requests

    private static let count: HTTPServer.Handler = { .text("\($0.body.count) \($0.headers["Content-Length"] ?? "-")") }

    @Test(arguments: [300_000, nil])
    func a_body_is_sent_in_pieces(length: Int?) async throws {
        try await TestExchange(handler: Self.count).run { client, url in
            let stream = BodyStream(length: length)
            async let response = client.send(Self.post(url, stream))
            for _ in 0..<30 { try await stream.write(Data(repeating: 0x61, count: 10_000)) }
            stream.finish()
            let text = String(decoding: try await response.body, as: UTF8.self)
            #expect(text == "300000 \(length.map { "\($0)" } ?? "-")")
        }
    }

    @Test(arguments: [nil, 1000] as [Int?])
    func a_body_that_is_cut_off_does_not_arrive_as_a_whole_one(length: Int?) async throws {
        let requests = Counter()
        try await TestExchange(handler: { _ in
            requests.add()
            return .text("")
        }).run { client, url in
            let stream = BodyStream(length: length)
            async let failure = client.failure(Self.post(url, stream))
            stream.offer(Data("half".utf8))
            #expect(await eventually { stream.taken == 4 })
            if length == nil { stream.fail(TransportError(.interrupted, "cut")) } else { stream.finish() }
            #expect(await failure?.code == .interrupted)
            let next = try await client.send(OutboundRequest(method: .get, url: url))
            #expect(next.status == 200 && requests.value == 1)
        }
    }

    /// The other side may have acted on what it got.
    @Test(arguments: ["", "HTTP/1.1 200"])
    func a_body_in_pieces_is_never_sent_again(answer: String) async throws {
        let server = ScriptedServer { connection, _ in
            ScriptedServer.read(connection, until: "aaaa")
            ScriptedServer.write(connection, answer)
        }
        defer { server.stop() }
        try await withClient { client, _ in
            let stream = BodyStream(length: 4)
            stream.offer(Data("aaaa".utf8))
            stream.finish()
            var request = Self.post("http://127.0.0.1:\(server.port)/", stream)
            request.method = .put
            #expect(await client.failure(request)?.code == .interrupted)
            #expect(server.connections == 1)
        }
    }

    @Test func an_early_answer_ends_the_sending() async throws {
        let server = ScriptedServer { connection, _ in
            ScriptedServer.read(connection, until: "\r\n\r\n")
            ScriptedServer.write(
                connection, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            ScriptedServer.read(connection, until: "never")
        }
        defer { server.stop() }
        try await withClient { client, loop in
            let stream = BodyStream()
            let writer = loop.start {
                while (try? await stream.write(Data(repeating: 0x61, count: 10_000))) != nil {}
            }
            let response = try await client.send(Self.post("http://127.0.0.1:\(server.port)/", stream))
            #expect(response.status == 413)
            await writer.value
            #expect(stream.isCancelled)
        }
    }

    @Test func a_client_that_sends_slowly_is_not_the_servers_silence() async throws {
        try await TestExchange(handler: Self.count).run { client, url in
            let stream = BodyStream()
            var request = Self.post(url, stream, timeout: .milliseconds(150))
            request.firstByteTimeout = .milliseconds(150)
            async let response = client.send(request)
            for _ in 0..<4 {
                stream.offer(Data("a".utf8))
                try await Task.sleep(for: .milliseconds(100))
            }
            stream.finish()
            #expect(String(decoding: try await response.body, as: UTF8.self) == "4 -")
        }
    }

    @Test func a_server_that_is_silent_after_the_body_is_given_up() async throws {
        let server = ScriptedServer { connection, _ in
            ScriptedServer.read(connection, until: "never")
        }
        defer { server.stop() }
        try await withClient { client, _ in
            let stream = BodyStream(length: 4)
            stream.offer(Data("aaaa".utf8))
            stream.finish()
            var request = Self.post("http://127.0.0.1:\(server.port)/", stream)
            request.firstByteTimeout = .milliseconds(150)
            #expect(await client.failure(request)?.code == .timedOut)
        }
    }

    @Test func an_unreachable_server_takes_nothing_of_the_body() async throws {
        try await withClient { client, _ in
            let stream = BodyStream(length: 4)
            stream.offer(Data("aaaa".utf8))
            #expect(await client.failure(Self.post("http://127.0.0.1:1/", stream))?.code == .unreachable)
            // Another server may get it.
            #expect(!stream.hasBegun && !stream.isCancelled)
        }
    }
}
