import CTLS
import FoundationEssentials
import HTTP
import HTTPServer
import Kernel
import Testing

/// Bodies in pieces by TLS.
@Suite struct TLSStreamingTests {
    private static let size = 5 << 20
    private static let piece = Data(repeating: 0x61, count: 50_000)

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func a_body_comes_in_pieces_and_the_connection_goes_on(version: Int32) async throws {
        let handler: HTTPServer.Handler = { request in
            guard let stream = request.stream else { return .text("whole") }
            stream.limit(to: Self.size)
            let count = (try? await stream.collect(atMost: Self.size).count) ?? 0
            return .text("pieces \(count)")
        }
        let test = SecureTestServer(streaming: BodyStreaming { Self.size }, handler: handler)
        try await test.run { server, _, _ in
            let client = TLSClient(port: server.port, maximum: version)
            #expect(await client.connect())
            for _ in 0..<2 {
                #expect(await client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(Self.size)\r\n\r\n"))
                #expect(await client.write([UInt8](repeating: 0x61, count: Self.size)))
                #expect(await client.readAnswer()?.body == Array("pieces \(Self.size)".utf8))
                #expect(await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
                #expect(await client.readAnswer()?.body == Array("whole".utf8))
            }
        }
    }

    /// Sends so many bytes of an answer, then ends it, or cuts it off.
    private static func produce(_ stream: BodyStream, _ size: Int) async {
        var left = size
        while left > 0 {
            let piece = piece.prefix(left)
            do { try await stream.write(piece) } catch { return }
            left -= piece.count
        }
        stream.finish()
    }

    @Test func an_answer_comes_in_pieces() async throws {
        let stream = BodyStream(length: Self.size)
        try await SecureTestServer(handler: { _ in .streamed(stream) }).run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            #expect(await client.write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
            async let produced: Void = Self.produce(stream, Self.size)
            #expect(await client.readAnswer()?.body.count == Self.size)
            await produced
            #expect(await client.end() == .goodbye)
        }
    }

    /// By `close_notify` a client tells an answer that has ended from one that was cut off.
    @Test(arguments: ["HTTP/1.1", "HTTP/1.0"])
    func an_answer_that_is_cut_off_ends_without_goodbye(version: String) async throws {
        let stream = BodyStream()
        stream.offer(Data("half".utf8))
        try await SecureTestServer(handler: { _ in .streamed(stream) }).run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            #expect(await client.write("GET / \(version)\r\nHost: h\r\n\r\n"))
            #expect(await eventually { stream.taken == 4 })
            stream.fail(TransportError(.interrupted, "cut"))
            #expect(await client.end() == .broken)
        }
    }

    @Test(arguments: [true, false])
    func a_client_that_goes_ends_the_stream(saysGoodbye: Bool) async throws {
        let stream = BodyStream()
        stream.offer(Data("first".utf8))
        try await SecureTestServer(handler: { _ in .streamed(stream) }).run { server, _, _ in
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            #expect(await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
            #expect(await eventually { stream.taken == 5 })
            let left = ContinuousClock.now
            if saysGoodbye { await client.sayGoodbye() } else { client.raw.reset() }
            #expect(await eventually { stream.isCancelled })
            #expect(ContinuousClock.now - left < .seconds(1))
        }
    }
}
