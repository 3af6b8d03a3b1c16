import FoundationEssentials
import HTTP
import HTTPClient
import HTTPServer
import Kernel
import Runtime
import Testing

/// Connections that the other side closes while nobody uses them.
@Suite struct IdleConnectionTests {
    private func post(_ port: Int) -> OutboundRequest {
        OutboundRequest(method: .post, url: "http://127.0.0.1:\(port)/", body: Data("1".utf8))
    }

    @Test func a_server_that_started_anew_gets_each_request_once() async throws {
        try await withClient { client, loop in
            let requests = Counter()
            let handler: HTTPServer.Handler = { _ in
                requests.add()
                try? await loop.sleep(for: .milliseconds(5))
                return .text("done")
            }
            let first = HTTPServer(loop: loop, port: 0, handler: handler)
            try first.start()
            let port = first.port
            // Several at once: as many connections are idle afterwards.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try await client.send(post(port)) } }
                try await group.waitForAll()
            }
            await first.stop(grace: .zero)
            let second = HTTPServer(loop: loop, port: port, handler: handler)
            try second.start()
            for _ in 0..<8 { #expect(await client.failure(post(port)) == nil) }
            #expect(requests.value == 16)
            await second.stop(grace: .zero)
        }
    }

    /// It may have been read: to send it again is not for the client to decide.
    @Test func a_request_that_was_sent_is_not_sent_again() async throws {
        let requests = Counter()
        let server = ScriptedServer { connection, _ in
            guard ScriptedServer.read(connection, until: "\r\n\r\n1") else { return }
            requests.add()
            ScriptedServer.write(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            // The second one on the connection is read and not answered.
            if ScriptedServer.read(connection, until: "\r\n\r\n1") { requests.add() }
        }
        defer { server.stop() }
        try await withClient { client, _ in
            #expect(await client.failure(post(server.port)) == nil)
            let failure = await client.failure(post(server.port))
            #expect(failure?.code == .interrupted)
            #expect(requests.value == 2)
        }
    }

    /// What follows an answer on its connection belongs to no request: the next one must not get it.
    @Test(arguments: [100, 40_000, 400_000])
    func bytes_behind_an_answer_are_not_the_next_one(length: Int) async throws {
        let server = ScriptedServer { connection, _ in
            guard ScriptedServer.read(connection, until: "\r\n\r\n") else { return }
            let body = String(repeating: "a", count: length)
            let excess = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"
            ScriptedServer.write(connection, "HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n\(body)\(excess)")
            ScriptedServer.read(connection, until: "never")
        }
        defer { server.stop() }
        try await withClient { client, _ in
            for number in 1...3 {
                let request = OutboundRequest(method: .get, url: "http://127.0.0.1:\(server.port)/")
                let response = try await client.send(request)
                #expect(response.body.count == length && server.connections == number)
            }
        }
    }

    @Test func a_server_that_is_gone_is_unreachable() async throws {
        try await withClient { client, loop in
            let server = HTTPServer(loop: loop, port: 0) { _ in .text("done") }
            try server.start()
            let port = server.port
            #expect(await client.failure(post(port)) == nil)
            await server.stop(grace: .zero)
            let failure = await client.failure(post(port))
            #expect(failure?.code == .unreachable)
        }
    }
}
