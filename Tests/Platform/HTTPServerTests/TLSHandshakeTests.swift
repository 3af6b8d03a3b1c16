import CTLS
import FoundationEssentials
import Glibc
import HTTP
import HTTPServer
import Kernel
import PlatformTestSupport
import Synchronization
import TLS
import Testing

/// A server of TLS on a loop of its own, for the length of a test.
struct SecureTestServer {
    var limits = HTTPLimits()
    var minimum = TLSVersion.tls12
    var streaming: BodyStreaming?
    var handler: HTTPServer.Handler = { .text("\($0.method) \($0.path) \($0.isEncrypted)") }

    func run(
        _ body: (HTTPServer, TLSCredentials, HandshakeLog) async throws -> Void
    ) async throws {
        let folder = TemporaryDirectory()
        let paths = try TestCertificate.first.write(into: folder)
        let credentials = try TLSCredentials(
            TLSSettings(certificate: paths.certificate, key: paths.key, minimum: minimum))
        let log = HandshakeLog()
        var server = TestServer(limits: limits, handler: handler)
        server.tls = credentials
        server.streaming = streaming
        server.handshakes = { log.add($0) }
        try await server.run { server, _ in try await body(server, credentials, log) }
    }
}

/// How the handshakes of a server have ended.
final class HandshakeLog: Sendable {
    private let outcomes = Mutex<[HandshakeOutcome]>([])

    func add(_ outcome: HandshakeOutcome) { outcomes.withLock { $0.append(outcome) } }
    func count(_ outcome: HandshakeOutcome) -> Int { outcomes.withLock { $0.count { $0 == outcome } } }
}

@Suite struct TLSHandshakeTests {
    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func a_request_is_answered_in_either_version(version: Int32) async throws {
        try await SecureTestServer().run { server, _, log in
            let client = TLSClient(port: server.port, maximum: version)
            #expect(await client.connect())
            #expect(client.version == version)
            for path in ["/a", "/b"] {
                #expect(await client.write("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n"))
                let answer = try #require(await client.readAnswer())
                #expect(String(decoding: answer.body, as: UTF8.self) == "GET \(path) true")
            }
            #expect(log.count(.done) == 1)
        }
    }

    @Test(arguments: [(TLSVersion.tls12, TLS1_1_VERSION), (.tls12, TLS1_VERSION), (.tls13, TLS1_2_VERSION)])
    func older_versions_are_refused(minimum: TLSVersion, version: Int32) async throws {
        try await SecureTestServer(minimum: minimum).run { server, _, log in
            let client = TLSClient(port: server.port, maximum: version)
            #expect(await !client.connect())
            #expect(await eventually { log.count(.failed) == 1 })
            let other = TLSClient(port: server.port)
            #expect(await other.connect())
        }
    }

    @Test(arguments: [
        (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), (["http/1.1", "h2"], "http/1.1"), ([], ""),
    ])
    func http_1_1_is_chosen(offer: [String], chosen: String) async throws {
        try await SecureTestServer().run { server, _, _ in
            let client = TLSClient(port: server.port, protocols: offer)
            #expect(await client.connect())
            #expect(client.chosenProtocol == chosen)
        }
    }

    @Test(arguments: [["h2"], ["http/1.0", "spdy/3"], ["http/1.11"]])
    func a_client_that_offers_other_protocols_only_is_refused(offer: [String]) async throws {
        try await SecureTestServer().run { server, _, log in
            let client = TLSClient(port: server.port, protocols: offer)
            #expect(await !client.connect())
            #expect(await eventually { log.count(.failed) == 1 })
        }
    }

    @Test func who_speaks_http_without_tls_is_told() async throws {
        try await SecureTestServer().run { server, _, log in
            let client = RawClient(port: server.port)
            client.write("GET /orders HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try #require(await client.readAnswer())
            #expect(answer.status == 400)
            #expect(answer.body.contains("https://"))
            #expect(answer.header("Connection") == "close")
            #expect(await client.seesEnd())
            #expect(log.count(.plain) == 1)
        }
    }

    /// Bytes that are no handshake, and a handshake that breaks off or is changed at each of its first bytes.
    @Test func what_is_no_client_hello_ends_the_connection_and_nothing_else() async throws {
        try await SecureTestServer().run { server, _, log in
            var clients: [RawClient] = []
            var bytes: [[UInt8]] = [
                [0], [0x80, 0x2E, 1, 0, 2], [0xFF], [22, 3, 1, 0, 0], [22, 3, 1, 0xFF, 0xFF], [22, 9, 9, 0, 1, 1],
                [22, 3, 1, 0, 4, 1, 0xFF, 0xFF, 0xFF], [21, 3, 1, 0, 2, 2, 0], Array("hello".utf8),
            ]
            for length in stride(from: 1, to: TLSClient.hello().count, by: 23) {
                bytes.append(Array(TLSClient.hello().prefix(length)))
                var changed = TLSClient.hello()
                changed[length] ^= 0x55
                bytes.append(changed)
            }
            for bytes in bytes {
                let client = RawClient(port: server.port)
                client.write(bytes)
                // What the server answers to a hello that it understands is nothing it understands.
                client.write([UInt8](repeating: 0x17, count: 64))
                client.endWriting()
                clients.append(client)
            }
            let client = TLSClient(port: server.port)
            #expect(await client.connect())
            for client in clients { #expect(await client.seesEnd()) }
            #expect(log.count(.done) == 1)
            #expect(await eventually { log.count(.failed) == bytes.count })
        }
    }

    @Test func unread_bytes_do_not_take_the_alert_back() async throws {
        try await SecureTestServer().run { server, _, log in
            let client = RawClient(port: server.port)
            client.write(TLSClient.hello(maximum: TLS1_1_VERSION) + [UInt8](repeating: 0, count: 100_000))
            #expect(await eventually { log.count(.failed) == 1 })
            // A fatal alert: protocol_version (RFC 8446 §6.2).
            let said = await client.readToEnd()
            #expect(said.first == 21 && said.suffix(2) == [2, 70])
            #expect(!client.isReset)
        }
    }

    @Test func a_handshake_that_stands_still_is_closed_in_time() async throws {
        var limits = HTTPLimits()
        limits.handshakeTime = .milliseconds(200)
        try await SecureTestServer(limits: limits).run { server, _, log in
            let clients = (0..<20).map { _ in RawClient(port: server.port) }
            for (number, client) in clients.enumerated() { client.write(Array(TLSClient.hello().prefix(number))) }
            for client in clients { #expect(await client.seesEnd()) }
            #expect(log.count(.timedOut) == 20)
        }
    }

    @Test func handshakes_that_wait_make_room_for_new_ones() async throws {
        var limits = HTTPLimits()
        limits.maximumHandshakes = 8
        try await SecureTestServer(limits: limits).run { server, _, log in
            let crowd = (0..<100).map { _ in RawClient(port: server.port) }
            for client in crowd { client.write([22]) }
            #expect(await eventually { log.count(.displaced) >= 92 })
            for _ in 0..<10 {
                let client = TLSClient(port: server.port)
                #expect(await client.connect())
                #expect(await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
                #expect(await client.readAnswer() != nil)
            }
            #expect(log.count(.done) == 10)
            #expect(log.count(.displaced) <= 102)
        }
    }

    @Test func a_new_certificate_is_shown_to_new_connections() async throws {
        try await SecureTestServer().run { server, credentials, _ in
            let before = TLSClient(port: server.port)
            #expect(await before.connect())
            let folder = TemporaryDirectory()
            let paths = try TestCertificate.second.write(into: folder)
            try credentials.replace(
                TLSSettings(certificate: paths.certificate, key: paths.key),
                at: Timestamp(milliseconds: 1_767_225_600_000))
            let after = TLSClient(port: server.port)
            #expect(await after.connect())
            #expect(before.peerName == "/CN=first.example")
            #expect(after.peerName == "/CN=second.example")
            for client in [before, after] {
                #expect(await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
                #expect(await client.readAnswer() != nil)
            }
        }
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func a_session_is_resumed_by_a_ticket_until_its_key_is_replaced(version: Int32) async throws {
        try await SecureTestServer().run { server, credentials, _ in
            func exchange(_ session: OpaquePointer?) async throws -> (isResumed: Bool, session: OpaquePointer?) {
                let client = TLSClient(port: server.port, maximum: version, resuming: session)
                #expect(await client.connect())
                #expect(await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
                // With TLS 1.3 the ticket comes before the answer.
                #expect(await client.readAnswer() != nil)
                // OpenSSL does not resume the session of a connection that was cut off.
                await client.sayGoodbye()
                return (client.isResumed, client.takeSession())
            }
            let first = try await exchange(nil)
            let second = try await exchange(first.session)
            credentials.replaceTicketKeys()
            let third = try await exchange(second.session)
            #expect([first.isResumed, second.isResumed, third.isResumed] == [false, true, false])
            for result in [first, second, third] { SSL_SESSION_free(result.session) }
        }
    }
}
