import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// What the gateway passes on is what it has understood, and nothing of what it refuses gets behind it.
    @Suite struct GatewayFramingTests {
        @Test func no_request_is_smuggled_through_the_gateway() async throws {
            let upstream = try RecordingUpstream()
            defer { upstream.stop() }
            let shop = try ShopUnderTest(["order": ["url: http://127.0.0.1:\(upstream.port)"]], layout: .together)
            try await shop.serve("gateway")
            let port = try #require(shop.ports["gateway"])
            _ = upstream.take()
            for test in FramingCorpus.all where !test.goesOn && test.requests.isEmpty {
                let next = "GET /orders/next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
                let connection = RawConnection(port: port)
                let answer = try? connection.exchange(test.bytes + Array(next.utf8))
                #expect(answer.map { [$0.status] } == test.statuses, "\(test.name)")
                #expect(upstream.take() == [], "\(test.name)")
            }
        }

        @Test(arguments: [
            ("GET /orders?a=b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /orders?a=b HTTP/1.1", ""),
            ("GET http://h:1/orders/a%2Fb HTTP/1.1\r\nHost: other\r\n\r\n", "GET /orders/a%2Fb HTTP/1.1", ""),
            (
                "POST /orders HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
                "POST /orders HTTP/1.1", "abc"
            ),
            (
                "POST /orders HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: X-Gone\r\nX-Gone: 1\r\n\r\nabc",
                "POST /orders HTTP/1.1", "abc"
            ),
        ])
        func what_is_passed_on_is_unambiguous(sent: String, line: String, body: String) async throws {
            let upstream = try RecordingUpstream()
            defer { upstream.stop() }
            let shop = try ShopUnderTest(["order": ["url: http://127.0.0.1:\(upstream.port)"]], layout: .together)
            try await shop.serve("gateway")
            _ = upstream.take()
            let answer = try RawConnection(port: try #require(shop.ports["gateway"])).exchange(Array(sent.utf8))
            #expect(answer.status == 200)
            let seen = upstream.take()
            #expect(
                seen.count == 1 && seen[0].hasPrefix(line + "\r\n") && seen[0].hasSuffix("\r\n\r\n" + body), "\(seen)")
            let fields = seen.first?.lowercased() ?? ""
            #expect(!fields.contains("transfer-encoding") && !fields.contains("x-gone"))
            #expect(fields.components(separatedBy: "content-length:").count == (body.isEmpty ? 1 : 2))
        }
    }
}
