import FoundationEssentials
import Glibc
import HTTP
import HTTPServer
import Kernel
import Runtime
import Testing

@Suite struct LifecycleTests {
    @Test func a_port_that_is_taken_is_a_clear_error() async throws {
        try await TestServer(handler: { _ in .text("ok") }).run { server, loop in
            let second = HTTPServer(loop: loop, port: server.port) { _ in .text("no") }
            let error = #expect(throws: HTTPServerError.self) { try second.start() }
            #expect(error?.code == .addressInUse)
            #expect(error?.description.contains("127.0.0.1:\(server.port)") == true)
        }
    }

    @Test(arguments: ["localhost!", "999.1.1.1", "203.0.113.7"])
    func an_address_of_another_machine_is_a_clear_error(address: String) {
        let server = HTTPServer(loop: EventLoop(name: "loop"), address: address, port: 0) { _ in .text("no") }
        let error = #expect(throws: HTTPServerError.self) { try server.start() }
        #expect(error?.code == .invalidAddress)
    }

    @Test func bytes_that_come_after_the_last_answer_do_not_reset_the_connection() async throws {
        var limits = HTTPLimits()
        limits.lingerTime = .seconds(20)
        try await TestServer(limits: limits, handler: { _ in .text("ok") }).run { server, _ in
            let client = RawClient(port: server.port)
            client.write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(await client.readAnswer()?.status == 200)
            #expect(client.write("GET /next HTTP/1.1\r\nHost: h\r\n\r\n"))
            let other = RawClient(port: server.port)
            other.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await other.readAnswer()?.status == 200)
            #expect(await client.readToEnd().isEmpty)
            #expect(!client.isReset)
        }
    }

    @Test func a_client_that_does_not_end_is_closed_after_a_moment() async throws {
        let shared = SharedHTTPLimits()
        var limits = HTTPLimits()
        (limits.lingerTime, limits.idleTime) = (.milliseconds(50), .milliseconds(100))
        let loop = EventLoop(name: "loop")
        loop.start()
        let server = HTTPServer(loop: loop, port: 0, limits: limits, shared: shared) { _ in .text("ok") }
        try server.start()
        let client = RawClient(port: server.port)
        client.write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(await client.readAnswer()?.status == 200)
        #expect(await eventually { shared.openConnections == 0 })
        await server.stop()
        loop.stop()
    }

    @Test func stopping_answers_what_is_in_flight_and_closes_idle_connections() async throws {
        let gate = Gate()
        let loop = EventLoop(name: "loop")
        loop.start()
        let server = HTTPServer(loop: loop, port: 0) { request in
            if request.path == "/slow" { await gate.pass() }
            return .text("done")
        }
        try server.start()
        let idle = RawClient(port: server.port)
        idle.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await idle.readAnswer()?.status == 200)
        let silent = RawClient(port: server.port)
        let busy = RawClient(port: server.port)
        busy.write("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await eventually { gate.waiting == 1 })

        async let stopped: Void = server.stop(grace: .seconds(30))
        #expect(await idle.seesEnd())
        #expect(await silent.seesEnd())
        gate.open()
        let answer = try #require(await busy.readAnswer())
        #expect(answer.body == "done")
        #expect(answer.header("Connection")?.lowercased() == "close")
        #expect(await busy.seesEnd())
        await stopped
        loop.stop()
    }

    @Test func stopping_gives_up_after_its_grace() async throws {
        let gate = Gate()
        let loop = EventLoop(name: "loop")
        loop.start()
        let server = HTTPServer(loop: loop, port: 0) { _ in
            await gate.pass()
            return .text("too late")
        }
        try server.start()
        let client = RawClient(port: server.port)
        client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await eventually { gate.waiting == 1 })
        await server.stop(grace: .milliseconds(20))
        #expect(await client.readAnswer()?.status == 503)
        #expect(await client.seesEnd())
        gate.open()
        loop.stop()
    }

    @Test func a_port_can_be_used_again_after_stop() async throws {
        let loop = EventLoop(name: "loop")
        loop.start()
        let first = HTTPServer(loop: loop, port: 0) { _ in .text("first") }
        try first.start()
        let port = first.port
        await first.stop()
        await first.stop()
        let second = HTTPServer(loop: loop, port: port) { _ in .text("second") }
        try second.start()
        let client = RawClient(port: port)
        client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await client.readAnswer()?.body == "second")
        await second.stop()
        loop.stop()
    }

    @Test func a_left_over_socket_file_is_replaced_and_a_live_one_is_not() async throws {
        let path = "/tmp/sambal-test-\(getpid()).socket"
        let loop = EventLoop(name: "loop")
        loop.start()
        let leftOver = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(leftOver, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(leftOver)
        let server = HTTPServer(loop: loop, endpoint: .unix(path)) { _ in .text("ok") }
        try server.start()
        let second = HTTPServer(loop: loop, endpoint: .unix(path)) { _ in .text("no") }
        #expect(throws: HTTPServerError.self) { try second.start() }
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o077 == 0)
        await server.stop()
        #expect(stat(path, &status) != 0)
        loop.stop()
    }
}
