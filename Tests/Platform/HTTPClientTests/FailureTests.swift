import FoundationEssentials
import Glibc
import HTTP
import HTTPClient
import HTTPServer
import Kernel
import Runtime
import Testing

@Suite struct FailureTests {
    private func request(
        _ port: Int, _ method: HTTPMethod = .get, body: String = "", timeout: Duration = .seconds(10)
    ) -> OutboundRequest {
        OutboundRequest(
            method: method, url: "http://127.0.0.1:\(port)/", body: Data(body.utf8), timeout: timeout)
    }

    @Test func a_refused_connection_is_unreachable() async throws {
        let port = ScriptedServer { _, _ in }
        let number = port.port
        port.stop()
        try await withClient { client, _ in
            #expect(await client.failure(request(number))?.code == .unreachable)
        }
    }

    @Test func a_name_that_does_not_exist_is_unreachable() async throws {
        try await withClient { client, _ in
            let failure = await client.failure(OutboundRequest(method: .get, url: "http://no-such-host.invalid/"))
            #expect(failure?.code == .unreachable)
            #expect(failure?.isKnownNotSent == true)
        }
    }

    /// A listener whose backlog is full drops what comes: the connection hangs as over a broken network.
    @Test func a_time_out_while_connecting_is_unreachable() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var fillers: [Int32] = []
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, size)
                _ = listen(listener, 0)
                _ = getsockname(listener, $0, &size)
                for _ in 0..<4 {
                    let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
                    _ = connect(filler, $0, size)
                    fillers.append(filler)
                }
            }
        }
        defer { for descriptor in fillers + [listener] { close(descriptor) } }
        try await withClient { client, _ in
            let port = Int(UInt16(bigEndian: address.sin_port))
            #expect(await client.failure(request(port, timeout: .milliseconds(100)))?.code == .unreachable)
        }
    }

    @Test func an_answer_that_does_not_come_in_time_is_timed_out() async throws {
        try await withClient { client, loop in
            let server = HTTPServer(loop: loop, port: 0) { _ in
                try? await loop.sleep(for: .seconds(60))
                return .text("late")
            }
            try server.start()
            let failure = await client.failure(request(server.port, timeout: .milliseconds(50)))
            #expect(failure?.code == .timedOut)
            #expect(failure?.isKnownNotSent == false)
            await server.stop(grace: .zero)
        }
    }

    @Test(arguments: [("", "first byte"), ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "next part")])
    func an_answer_that_stands_still_is_given_up_long_before_the_whole_time(begun: String, missing: String) async throws
    {
        let scripted = ScriptedServer { connection, _ in
            ScriptedServer.read(connection, until: "\r\n\r\n")
            _ = send(connection, begun, begun.utf8.count, Int32(MSG_NOSIGNAL))
            // Until the client has gone.
            var byte: UInt8 = 0
            _ = recv(connection, &byte, 1, 0)
        }
        defer { scripted.stop() }
        try await withClient { client, loop in
            var outbound = request(scripted.port, timeout: .seconds(60))
            outbound.firstByteTimeout = begun.isEmpty ? .milliseconds(200) : .seconds(60)
            outbound.idleTimeout = .milliseconds(200)
            let start = loop.uptime
            #expect(await client.failure(outbound)?.code == .timedOut, "no \(missing)")
            #expect(loop.uptime - start < .seconds(30))
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "garbage\r\n\r\n",
    ])
    func a_connection_that_breaks_is_interrupted(answer: String) async throws {
        let scripted = ScriptedServer { connection, _ in
            ScriptedServer.read(connection, until: "\r\n\r\n")
            ScriptedServer.write(connection, answer)
        }
        try await withClient { client, _ in
            #expect(await client.failure(request(scripted.port))?.code == .interrupted)
        }
        scripted.stop()
    }

    /// The first connection is reused, and breaks when it has taken the second request.
    @Test(arguments: [
        (HTTPMethod.post, "body", 1), (.patch, "body", 1), (.post, "", 1), (.put, "body", 2), (.get, "", 2),
    ])
    func what_could_have_an_effect_twice_is_not_sent_again(method: HTTPMethod, body: String, times: Int) async throws {
        let arrivals = Counter()
        let scripted = ScriptedServer { connection, number in
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            if number == 1 {
                ScriptedServer.read(connection, until: "\r\n\r\n")
                ScriptedServer.write(connection, answer)
            }
            guard ScriptedServer.read(connection, until: body.isEmpty ? "\r\n\r\n" : body) else { return }
            arrivals.add()
            if number > 1 { ScriptedServer.write(connection, answer) }
        }
        try await withClient { client, _ in
            _ = try await client.send(request(scripted.port))
            let failure = await client.failure(request(scripted.port, method, body: body))
            #expect(failure?.code == (times == 1 && !body.isEmpty ? .interrupted : nil))
            #expect(arrivals.value == times)
        }
        scripted.stop()
    }

    @Test func an_answer_that_is_too_large_is_refused() async throws {
        var options = HTTPClientOptions()
        options.maximumResponse = 1000
        try await TestExchange(
            options: options,
            handler: { _ in
                Response(status: 200, body: Data(repeating: 1, count: 1001))
            }
        ).run { client, base in
            #expect(await client.failure(OutboundRequest(method: .get, url: base))?.code == .tooLarge)
        }
    }

    @Test(arguments: ["", "nonsense", "http://", "ftp://127.0.0.1/", "file:///etc/hostname", "http://127.0.0.1:99999/"])
    func a_request_that_cannot_be_sent_is_malformed(url: String) async throws {
        try await withClient { client, _ in
            let failure = await client.failure(OutboundRequest(method: .get, url: url, timeout: .seconds(2)))
            #expect(failure?.isKnownNotSent == true)
        }
    }

    @Test func a_line_break_in_a_header_is_malformed() async throws {
        try await withClient { client, _ in
            let failure = await client.failure(
                OutboundRequest(method: .get, url: "http://127.0.0.1:1/", headers: ["X": "1\r\nY: 2"]))
            #expect(failure?.code == .malformed)
        }
    }

    @Test(arguments: [1, 16]) func a_cancelled_task_is_told_at_once(concurrent: Int) async throws {
        var options = HTTPClientOptions()
        options.maximumConcurrent = concurrent
        try await withClient(options) { client, loop in
            let started = Counter()
            let server = HTTPServer(loop: loop, port: 0) { _ in
                started.add()
                try? await loop.sleep(for: .seconds(60))
                return .text("late")
            }
            try server.start()
            let url = "http://127.0.0.1:\(server.port)/"
            let tasks = (0..<4).map { _ in
                Task(executorPreference: loop) {
                    await client.failure(OutboundRequest(method: .get, url: url, timeout: .seconds(60)))
                }
            }
            #expect(await eventually { started.value == min(concurrent, 4) })
            for task in tasks.reversed() { task.cancel() }
            for task in tasks { #expect(await task.value?.code == .cancelled) }
            await server.stop(grace: .zero)
        }
    }

    @Test func a_task_that_is_cancelled_before_sends_nothing() async throws {
        try await withClient { client, _ in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await client.failure(request(1))
            }
            #expect(await task.value?.code == .cancelled)
        }
    }

    @Test func what_waits_for_too_long_was_never_sent() async throws {
        var options = HTTPClientOptions()
        options.maximumConcurrent = 1
        options.maximumWaiting = 1
        try await withClient(options) { client, loop in
            let started = Counter()
            let server = HTTPServer(loop: loop, port: 0) { _ in
                started.add()
                try? await loop.sleep(for: .seconds(60))
                return .text("late")
            }
            try server.start()
            let port = server.port
            let first = Task(executorPreference: loop) { await client.failure(request(port)) }
            #expect(await eventually { started.value == 1 })
            async let second = client.failure(request(port, timeout: .milliseconds(200)))
            async let third = client.failure(request(port, timeout: .milliseconds(200)))
            #expect(await [second?.code, third?.code] == [.unreachable, .unreachable])
            #expect(started.value == 1)
            first.cancel()
            #expect(await first.value?.code == .cancelled)
            await server.stop(grace: .zero)
        }
    }

    @Test func shutting_down_ends_what_is_under_way() async throws {
        try await withClient { client, loop in
            let started = Counter()
            let server = HTTPServer(loop: loop, port: 0) { _ in
                started.add()
                try? await loop.sleep(for: .seconds(60))
                return .text("late")
            }
            try server.start()
            let port = server.port
            let task = Task(executorPreference: loop) { await client.failure(request(port)) }
            #expect(await eventually { started.value == 1 })
            await client.shutdown()
            #expect(await task.value?.code == .interrupted)
            #expect(await client.failure(request(port))?.code == .unreachable)
            await server.stop(grace: .zero)
        }
    }
}
