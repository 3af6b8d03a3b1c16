import FoundationEssentials
import Kernel
import Simulation
import Synchronization
import Testing

@testable import HTTP

@Suite struct EventStreamTests {
    @Test(
        arguments: [
            (ServerSentEvent("a"), "data: a\n\n"),
            (ServerSentEvent("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n"),
            (ServerSentEvent("a\n"), "data: a\ndata: \n\n"),
            (ServerSentEvent(""), "data: \n\n"),
            (
                ServerSentEvent("x", name: "order\ndata: forged", id: "7\r\n", retry: .seconds(3)),
                "event: orderdata: forged\nid: 7\nretry: 3000\ndata: x\n\n"
            ),
        ])
    func an_event_is_written_so_that_no_value_ends_a_field(event: ServerSentEvent, text: String) {
        #expect(event.text == text)
    }

    private static func response(
        _ loop: SimulatedLoop, _ headers: Headers = Headers(), method: HTTPMethod = .get,
        _ produce: @escaping @Sendable (EventStream) async throws -> Void
    ) -> Response {
        let request = Request(method: method, path: "/events", headers: headers)
        return .events(for: request, on: loop, produce)
    }

    @Test func events_follow_each_other_and_the_end_of_the_work_is_that_of_the_stream() throws {
        let loop = SimulatedLoop(seed: 1)
        try loop.run {
            let response = Self.response(loop, ["Last-Event-ID": "41"]) { events in
                let last = Int(events.lastEventID ?? "") ?? 0
                try await events.send(["id": last + 1], name: "order", id: "\(last + 1)")
            }
            #expect(response.headers["Content-Type"] == "text/event-stream")
            let body = try await response.stream?.collect(atMost: 1 << 10)
            #expect(body == Data(":\n\nevent: order\nid: 42\ndata: {\"id\":42}\n\n".utf8))
        }
    }

    @Test func a_silent_stream_has_a_comment_every_fifteen_seconds() throws {
        let loop = SimulatedLoop(seed: 1)
        try loop.run {
            let response = Self.response(loop) { _ in try await loop.sleep(for: .seconds(50)) }
            let body = try await response.stream?.collect(atMost: 1 << 10)
            // At the start, and after 15, 30 and 45 seconds.
            #expect(body == Data(String(repeating: ":\n\n", count: 4).utf8))
        }
    }

    @Test func the_work_is_cancelled_when_the_client_goes() throws {
        let loop = SimulatedLoop(seed: 1)
        let isCancelled = Flag()
        try loop.run {
            let response = Self.response(loop) { _ in
                do { try await loop.sleep(for: .seconds(3600)) } catch { isCancelled.raise() }
            }
            let stream = try #require(response.stream)
            #expect(try await stream.next() != nil)
            stream.cancel()
            try await loop.sleep(for: .milliseconds(1))
        }
        #expect(isCancelled.isRaised)
    }

    @Test func a_server_that_stops_ends_the_stream() throws {
        let loop = SimulatedLoop(seed: 1)
        try loop.run {
            let response = Self.response(loop) { _ in try await loop.sleep(for: .seconds(3600)) }
            let stream = try #require(response.stream)
            stream.askToEnd()
            #expect(try await stream.collect(atMost: 100) == Data(":\n\n".utf8))
        }
    }

    @Test func a_question_for_the_head_begins_no_work() throws {
        let loop = SimulatedLoop(seed: 1)
        try loop.run {
            let response = Self.response(loop, method: .head) { _ in Issue.record("nobody reads the events") }
            #expect(response.stream == nil && response.omittedBody == .init(length: nil))
        }
    }
}
