import FoundationEssentials
import HTTP
import HTTPServer
import Kernel
import PlatformTestSupport
import Synchronization
import Testing

@Suite struct FramingTests {
    /// Each case is sent whole and byte by byte: where a packet ends must make no difference.
    @Test(arguments: [false, true])
    func every_case_has_the_end_that_the_standards_name(byByte: Bool) async throws {
        #expect(FramingCorpus.all.count >= 250)
        let seen = Mutex<[String]>([])
        let handler: HTTPServer.Handler = { request in
            let body = String(decoding: request.body, as: UTF8.self)
            seen.withLock { $0.append("\(request.method) \(request.path)?\(request.rawQuery)\(body)") }
            return .text("ok")
        }
        try await TestServer(handler: handler).run { server, _ in
            for test in FramingCorpus.all where !byByte || test.bytes.count < 200 {
                seen.withLock { $0 = [] }
                let next = "GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
                let client = RawClient(port: server.port)
                let bytes = test.bytes + Array(next.utf8)
                if byByte { for byte in bytes where client.write([byte]) {} } else { client.write(bytes) }
                var statuses: [Int] = []
                while let answer = await client.readAnswer() { statuses.append(answer.status) }
                #expect(await client.seesEnd(), "\(test.name)")
                #expect(statuses == test.statuses + (test.goesOn ? [200] : []), "\(test.name)")
                let requests = seen.withLock { $0 }
                #expect(requests == test.requests + (test.goesOn ? ["GET /next?"] : []), "\(test.name)")
            }
        }
    }

    /// What a server cannot know to be complete is waited for, and then given up.
    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ])
    func what_is_not_whole_reaches_no_handler(text: String) async throws {
        var limits = HTTPLimits()
        (limits.headerTime, limits.bodyTime) = (.milliseconds(50), .milliseconds(50))
        let handled = Counter()
        try await TestServer(
            limits: limits,
            handler: { _ in
                handled.add()
                return .text("ok")
            }
        ).run { server, _ in
            let client = RawClient(port: server.port)
            client.write(text)
            let answer = await client.readAnswer()
            #expect(answer == nil || answer?.status == 408)
            #expect(await client.seesEnd())
            #expect(handled.value == 0)
        }
    }

    @Test func a_body_that_was_promised_is_refused_before_it_is_sent() async throws {
        try await TestServer(handler: { _ in .text("ok") }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n")
            #expect(await client.readAnswer()?.status == 413)
            #expect(await client.seesEnd())
        }
    }
}
