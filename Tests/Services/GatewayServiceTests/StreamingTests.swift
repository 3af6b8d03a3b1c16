import Foundation
import HTTP
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Synchronization
import Testing

@testable import GatewayService

/// Bodies that the gateway passes on in pieces.
@Suite struct StreamingTests {
    private static func streamed(_ stream: BodyStream, _ type: String = "text/plain", status: Int = 200) -> Response {
        var response = Response(status: status, headers: ["Content-Type": type])
        response.stream = stream
        return response
    }

    private static func send(
        _ gateway: ServiceUnderTest, _ stream: BodyStream, method: HTTPMethod = .post, _ headers: Headers = Headers()
    ) async throws -> Response {
        var request = Request(method: method, path: "/orders", headers: headers)
        request.stream = stream
        return try await gateway.respond(to: request)
    }

    @Test func events_pass_one_by_one() async throws {
        try await ServiceUnderTest.gateway("compression: gzip\n" + route()) { gateway, upstreams in
            let stream = BodyStream()
            upstreams.register("order", in: gateway) { _ in Self.streamed(stream, "text/event-stream") }
            let answer = try await gateway.send(.get, "/orders", "", ["Accept-Encoding": "gzip"])
            let events = try #require(answer.stream)
            #expect(answer.headers["Content-Encoding"] == nil && answer.headers["Via"] == "1.1 sambal")
            for number in 0..<3 {
                let text = Data("data: \(number)\n\n".utf8)
                stream.offer(text)
                #expect(try await events.next() == text)
            }
            stream.fail(TransportError(.interrupted, "cut"))
            await #expect(throws: TransportError.self) { try await events.next() }
        }
    }

    @Test func a_gateway_that_stops_cuts_events_and_lets_other_streams_end() async throws {
        for (type, isCut) in [("text/event-stream; charset=utf-8", true), ("application/json", false)] {
            try await ServiceUnderTest.gateway(route()) { gateway, upstreams in
                let stream = BodyStream()
                upstreams.register("order", in: gateway) { _ in Self.streamed(stream, type) }
                let answer = try await gateway.send(.get, "/orders")
                answer.stream?.askToEnd()
                #expect((stream.failure != nil) == isCut)
            }
        }
    }

    @Test func a_long_text_is_compressed_in_pieces_and_flushed_at_pauses() async throws {
        try await ServiceUnderTest.gateway("compression: gzip\n" + route()) { gateway, upstreams in
            let stream = BodyStream(length: 2000)
            upstreams.register("order", in: gateway) { _ in Self.streamed(stream) }
            let answer = try await gateway.send(.get, "/orders", "", ["Accept-Encoding": "gzip"])
            #expect(answer.headers["Content-Encoding"] == "gzip")
            let body = try #require(answer.stream)
            #expect(body.length == nil)
            var packed = Data()
            for _ in 0..<2 {
                stream.offer(Data(repeating: 0x61, count: 1000))
                let piece = try #require(try await body.next())
                #expect(!piece.isEmpty)
                packed += piece
            }
            stream.finish()
            while let piece = try await body.next() { packed += piece }
            #expect(Array(packed.prefix(3)) == [0x1F, 0x8B, 8] && packed.count < 200)
            // The length of the text, as the format has it at its end.
            #expect(packed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) } == 2000)
        }
    }

    @Test func a_compressed_stream_that_is_cut_is_cut() async throws {
        try await ServiceUnderTest.gateway("compression: gzip\n" + route()) { gateway, upstreams in
            let stream = BodyStream(length: 2000)
            upstreams.register("order", in: gateway) { _ in Self.streamed(stream) }
            let answer = try await gateway.send(.get, "/orders", "", ["Accept-Encoding": "gzip"])
            stream.offer(Data(repeating: 0x61, count: 1000))
            stream.finish()
            await #expect(throws: TransportError.self) { try await answer.stream?.collect(atMost: 1 << 20) }
        }
    }

    // MARK: Requests

    @Test func a_route_bounds_bodies_that_come_in_pieces() async throws {
        try await ServiceUnderTest.gateway(route(filters: ["RequestSize=1000B"])) { gateway, upstreams in
            for (length, size, status) in [(1000, 1000, 200), (1001, 1001, 413), (nil, 1000, 200), (nil, 1001, 413)] {
                let before = upstreams.requests.count
                let stream = BodyStream(length: length, maximum: 10)
                stream.offer(Data(repeating: 0x61, count: size))
                stream.finish()
                let answer = try await Self.send(gateway, stream)
                #expect(answer.status == status, "\(length as Int?) \(size)")
                #expect(upstreams.requests.count - before == (status == 200 ? 1 : 0))
            }
        }
    }

    @Test func without_a_bound_of_its_own_a_route_takes_what_whole_bodies_may_have() async throws {
        try await ServiceUnderTest.gateway(route()) { gateway, upstreams in
            let stream = BodyStream(length: 11, maximum: 10)
            let answer = try await Self.send(gateway, stream)
            #expect(answer.status == 413)
            #expect(upstreams.requests.isEmpty && !stream.hasBegun)
        }
    }

    @Test(arguments: [HTTPMethod.put, .post])
    func a_body_of_which_something_was_sent_is_not_sent_again(method: HTTPMethod) async throws {
        let yaml = """
            routes:
              - id: r
                uri: order
                predicates: [Path=/**]
                filters: [{name: Retry, args: {retries: 3, statuses: 500, methods: [PUT, POST]}}]
            """
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            upstreams.register("order", in: gateway) { _ in Response(status: 500) }
            let stream = BodyStream(length: 2)
            stream.offer(Data("{}".utf8))
            stream.finish()
            #expect(try await Self.send(gateway, stream, method: method, ["Idempotency-Key": "K-1"]).status == 500)
            #expect(upstreams.requests.count == 1)
            _ = try await gateway.send(method, "/orders", "{}", ["Idempotency-Key": "K-1"])
            #expect(upstreams.requests.count == 5)
        }
    }

    @Test func a_client_that_cuts_its_body_off_does_not_open_the_breaker() async throws {
        let yaml = """
            routes:
              - id: r
                uri: order
                predicates: [Path=/**]
                filters: [{name: CircuitBreaker, args: {name: b, minimumCalls: 2, windowSize: 2, failureRate: 0.5}}]
            """
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            for _ in 0..<5 {
                let stream = BodyStream()
                stream.offer(Data("{".utf8))
                stream.fail(TransportError(.interrupted, "the client has gone"))
                #expect(try await Self.send(gateway, stream).status == 400)
            }
            #expect(try await gateway.send(.get, "/orders").status == 200)
            // An answer that the upstream cuts off counts.
            upstreams.register("order", in: gateway) { _ in
                let stream = BodyStream()
                stream.fail(TransportError(.interrupted, "cut"))
                return Self.streamed(stream)
            }
            for _ in 0..<2 { _ = try await gateway.send(.get, "/orders") }
            #expect(try await gateway.send(.get, "/orders").status == 503)
        }
    }

    @Test func an_answer_that_another_one_takes_the_place_of_is_left() async throws {
        let yaml = """
            routes:
              - id: r
                uri: order
                predicates: [Path=/orders]
                filters: [{name: Retry, args: {retries: 2, statuses: 500}},
                          {name: CircuitBreaker, args: {name: b, fallbackUri: "forward:/away", statusCodes: [502]}}]
              - {id: away, uri: "no://op", predicates: [Path=/away]}
            """
        try await ServiceUnderTest.gateway(yaml) { gateway, upstreams in
            for status in [500, 502] {
                let streams = Mutex<[BodyStream]>([])
                upstreams.register("order", in: gateway) { _ in
                    let stream = BodyStream()
                    streams.withLock { $0.append(stream) }
                    return Self.streamed(stream, status: status)
                }
                let answer = try await gateway.send(.get, "/orders")
                let all = streams.withLock { $0 }
                #expect(answer.status == (status == 500 ? 500 : 200) && all.count == (status == 500 ? 3 : 1))
                #expect(all.count(where: \.isCancelled) == (status == 500 ? 2 : 1))
            }
        }
    }

    // MARK: Log

    @Test func the_log_says_how_much_of_a_stream_was_taken_and_who_cut_it() async throws {
        let directory = TemporaryDirectory()
        let path = directory.file("access.log")
        try await ServiceUnderTest.gateway("accessLog: json\naccessLogFile: \(path)\n" + route()) {
            gateway, upstreams in
            for (end, cut) in [("whole", nil), ("client", "client"), ("upstream", "upstream")] {
                let stream = BodyStream()
                upstreams.register("order", in: gateway) { _ in Self.streamed(stream) }
                let body = try #require(try await gateway.send(.get, "/" + end).stream)
                #expect((try? String(contentsOfFile: path, encoding: .utf8))?.contains("\"/\(end)\"") != true)
                stream.offer(Data("12345".utf8))
                _ = try await body.next()
                switch end {
                case "whole": stream.finish()
                case "client": body.cancel()
                default: stream.fail(TransportError(.interrupted, "cut"))
                }
                _ = try? await body.next()
                let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
                let line = try #require(lines.last)
                #expect(line.contains("\"path\":\"/\(end)\"") && line.contains("\"bytes\":5"), "\(line)")
                #expect(line.contains("\"cut\"") == (cut != nil), "\(line)")
                if let cut { #expect(line.contains("\"cut\":\"\(cut)\""), "\(line)") }
            }
        }
    }
}
