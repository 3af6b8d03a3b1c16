import Foundation
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import GatewayService

/// Compressed answers.
@Suite struct ResponseCompressionTests {
    private static let yaml = "compression: gzip\n" + route()
    private static let body = String(repeating: "{\"id\": \"ORD-1\", \"status\": \"PAID\"}, ", count: 100)

    /// Sends a request to a gateway whose upstream answers so.
    private static func answer(
        _ method: HTTPMethod = .get, accepts: String? = "gzip", status: Int = 200,
        _ fields: Headers = ["Content-Type": "application/json"], body: String = body, yaml: String = yaml
    ) async throws -> Response {
        let answer = Kept()
        try await ServiceUnderTest.run(GatewayService.self, yaml) { gateway in
            gateway.transport.register("order") { _ in
                Response(status: status, headers: fields, body: Data(body.utf8))
            }
            var headers = Headers()
            headers["Accept-Encoding"] = accepts
            answer.response = try await gateway.send(method, "/orders", "", headers)
        }
        return answer.response
    }

    private final class Kept: @unchecked Sendable {  // written by one task, read after it
        var response = Response(status: 0)
    }

    /// Whether these are bytes of gzip (RFC 1952 §2.3.1) with the length of the text at their end.
    private static func isGzip(_ data: Data, of text: String) -> Bool {
        let bytes = Array(data)
        guard bytes.count > 18, bytes[0...2] == [0x1F, 0x8B, 8] else { return false }
        let length = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return length == text.utf8.count && bytes.count < text.utf8.count
    }

    @Test func a_text_is_compressed_for_a_client_that_takes_it() async throws {
        let answer = try await Self.answer()
        #expect(answer.status == 200 && answer.headers.all("Content-Encoding") == ["gzip"])
        #expect(answer.headers.all("Vary").contains("Accept-Encoding"))
        #expect(Self.isGzip(answer.body, of: Self.body))
        let long = String(repeating: Self.body, count: 60)
        #expect(try await Self.isGzip(Self.answer(body: long).body, of: long))
    }

    @Test(
        arguments: [
            ("gzip", true), ("GZIP", true), ("x-gzip", true), ("deflate, gzip;q=0.5", true), ("*", true),
            ("br;q=1, *;q=0.1", true),
            ("gzip ; q=0.001", true), ("identity;q=0.5, gzip;q=0.5", true), ("identity, gzip;q=0.5", false),
            ("gzip;q=0", false), ("gzip;q=0, *", false), ("*;q=0", false), ("br", false), ("identity", false),
            ("", false),
            ("gzip;q=abc", false), ("gzip;q=2", false), ("gzip;q=-1", false), ("gzipped", false), (nil, false),
        ] as [(String?, Bool)])
    func the_client_says_what_it_takes(accepts: String?, isCompressed: Bool) async throws {
        let answer = try await Self.answer(accepts: accepts)
        #expect((answer.headers["Content-Encoding"] == "gzip") == isCompressed)
        #expect(answer.headers.all("Vary").contains("Accept-Encoding"))
        if !isCompressed { #expect(answer.text == Self.body) }
    }

    @Test(
        arguments: [
            ["Content-Type": "image/png"], ["Content-Type": "application/octet-stream"], [:],
            ["Content-Type": "text/event-stream"], ["Content-Type": "application/json", "Content-Encoding": "br"],
            ["Content-Type": "application/json", "Content-Encoding": "gzip"],
            ["Content-Type": "application/json", "ETag": "\"1\""],
            ["Content-Type": "application/json", "Cache-Control": "public, No-Transform"],
        ] as [Headers])
    func other_answers_stay_as_they_are(fields: Headers) async throws {
        let answer = try await Self.answer(.get, fields)
        #expect(answer.text == Self.body)
        #expect(answer.headers["Content-Encoding"] == fields["Content-Encoding"])
        #expect(!answer.headers.all("Vary").contains("Accept-Encoding"))
    }

    @Test func an_answer_that_is_short_stays_as_it_is() async throws {
        let text = String(repeating: "a", count: ResponseCompression.threshold)
        #expect(try await Self.answer(body: text).headers["Content-Encoding"] == "gzip")
        let short = try await Self.answer(body: String(text.dropLast()))
        #expect(short.headers["Content-Encoding"] == nil && short.body.count == text.utf8.count - 1)
    }

    @Test func head_has_the_fields_of_get_and_no_length_that_is_wrong() async throws {
        let answer = try await Self.answer(.head)
        #expect(answer.headers["Content-Encoding"] == "gzip" && answer.headers.all("Vary").contains("Accept-Encoding"))
        #expect(answer.body.isEmpty && answer.omittedBody == .init(length: nil))
        #expect(answer.headers["Content-Length"] == nil)
        let plain = try await Self.answer(.head, accepts: "identity")
        #expect(plain.headers["Content-Encoding"] == nil)
        #expect(plain.omittedBody == .init(length: Self.body.utf8.count))
    }

    @Test func nothing_is_compressed_unless_the_configuration_says_so() async throws {
        let answer = try await Self.answer(yaml: route())
        #expect(answer.text == Self.body && answer.headers["Content-Encoding"] == nil)
        #expect(!answer.headers.all("Vary").contains("Accept-Encoding"))
    }

    @Test(arguments: [
        ("application/json", true), ("application/hal+json; charset=utf-8", true), ("application/problem+json", true),
        ("TEXT/HTML", true), ("image/svg+xml", true), ("text/plain;charset=utf-8", true), ("application/zip", false),
        ("image/jpeg", false), ("", false),
    ])
    func texts_are_told_by_their_type(type: String, isTextual: Bool) {
        #expect(ResponseCompression.isTextual(type) == isTextual)
    }
}
