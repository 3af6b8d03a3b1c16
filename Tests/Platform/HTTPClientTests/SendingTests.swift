import FoundationEssentials
import Glibc
import HTTP
import HTTPClient
import HTTPServer
import Kernel
import Runtime
import Testing

@Suite struct SendingTests {
    private static let echo: HTTPServer.Handler = { request in
        let fields = request.headers.fields.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: ";")
        return Response(
            status: 207,
            headers: ["X-Fields": fields, "X-Target": "\(request.method) \(request.path)?\(request.rawQuery)"],
            body: request.body)
    }

    @Test(arguments: [HTTPMethod.get, .head, .post, .put, .patch, .delete, .options])
    func every_method_arrives_as_it_was_sent(method: HTTPMethod) async throws {
        try await TestExchange(handler: Self.echo).run { client, base in
            let sendsBody = [.post, .put, .patch].contains(method)
            let body = sendsBody ? Data("a body".utf8) : Data()
            let response = try await client.send(
                OutboundRequest(
                    method: method, url: "\(base)/a%2Fb/c?x=%20", headers: ["X-A": "1", "X-Empty": ""], body: body))
            #expect(response.status == 207)
            #expect(response.headers["X-Target"] == "\(method) /a%2Fb/c?x=%20")
            let fields = try #require(response.headers["X-Fields"]).split(separator: ";")
            #expect(fields.contains("X-A=1"))
            #expect(fields.contains("X-Empty="))
            #expect(!fields.contains { $0.hasPrefix("Expect") || $0.hasPrefix("Content-Type") })
            #expect(response.body == (method == .head ? Data() : body))
        }
    }

    @Test(arguments: [HTTPMethod.head, .get, .delete, .options])
    func a_body_where_none_is_meant_holds_nothing_up(method: HTTPMethod) async throws {
        try await TestExchange(handler: Self.echo).run { client, base in
            for _ in 0..<2 {
                let response = try await client.send(
                    OutboundRequest(method: method, url: base, body: Data("abc".utf8), timeout: .seconds(5)))
                #expect(response.status == 207)
                #expect(response.body == (method == .head ? Data() : Data("abc".utf8)))
            }
        }
    }

    @Test func a_post_without_a_body_says_so() async throws {
        try await TestExchange(handler: Self.echo).run { client, base in
            let response = try await client.send(OutboundRequest(method: .post, url: base))
            #expect(response.headers["X-Fields"]?.contains("Content-Length=0") == true)
        }
    }

    @Test func large_bodies_go_both_ways() async throws {
        var limits = HTTPLimits()
        limits.maximumBody = 8 << 20
        try await withClient { client, loop in
            let server = HTTPServer(loop: loop, port: 0, limits: limits) { Response(status: 200, body: $0.body) }
            try server.start()
            let body = Data((0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0) })
            let response = try await client.send(
                OutboundRequest(method: .post, url: "http://127.0.0.1:\(server.port)/", body: body))
            #expect(response.body == body)
            await server.stop()
        }
    }

    @Test func connections_are_used_again() async throws {
        let scripted = ScriptedServer { connection, _ in
            while ScriptedServer.read(connection, until: "\r\n\r\n") {
                ScriptedServer.write(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        try await withClient { client, _ in
            for _ in 0..<20 {
                let response = try await client.send(
                    OutboundRequest(method: .get, url: "http://127.0.0.1:\(scripted.port)/"))
                #expect(response.body == Data("ok".utf8))
            }
        }
        #expect(scripted.connections == 1)
        scripted.stop()
    }

    @Test func many_requests_share_a_bounded_number_of_places() async throws {
        var options = HTTPClientOptions()
        options.maximumConcurrent = 4
        let inside = Counter()
        try await TestExchange(
            options: options,
            handler: { request in
                inside.add()
                for _ in 0..<5 { await Task.yield() }
                inside.add(-1)
                return .text(request.path)
            }
        ).run { client, base in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let response = try await client.send(OutboundRequest(method: .get, url: "\(base)/\(number)"))
                        return response.body == Data("/\(number)".utf8)
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
        #expect((1...4).contains(inside.peak))
    }

    @Test func redirects_are_answers() async throws {
        try await TestExchange(handler: { _ in Response(status: 302, headers: ["Location": "/b"]) }).run {
            client, base in
            let response = try await client.send(OutboundRequest(method: .get, url: base))
            #expect(response.status == 302)
        }
    }

    @Test func only_the_final_answer_counts_not_the_ones_on_the_way() async throws {
        let scripted = ScriptedServer { connection, _ in
            ScriptedServer.read(connection, until: "\r\n\r\n")
            ScriptedServer.write(connection, "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
            ScriptedServer.write(connection, "HTTP/1.1 200 OK\r\nX-A:  1 \r\nX-A: 2\r\nContent-Length: 0\r\n\r\n")
        }
        try await withClient { client, _ in
            let response = try await client.send(
                OutboundRequest(method: .get, url: "http://127.0.0.1:\(scripted.port)/"))
            #expect(response.status == 200)
            #expect(response.headers["X-Early"] == nil)
            #expect(response.headers.all("X-A") == ["1", "2"])
        }
        scripted.stop()
    }

    @Test func a_unix_socket_serves_as_well() async throws {
        let path = "/tmp/sambal-client-test-\(getpid()).socket"
        var options = HTTPClientOptions()
        options.unixSocket = path
        try await withClient(options) { client, loop in
            let server = HTTPServer(loop: loop, endpoint: .unix(path)) { .text($0.path) }
            try server.start()
            let response = try await client.send(OutboundRequest(method: .get, url: "http://control/status"))
            #expect(response.body == Data("/status".utf8))
            await server.stop()
        }
    }
}
