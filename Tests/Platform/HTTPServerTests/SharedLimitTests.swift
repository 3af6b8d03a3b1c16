import FoundationEssentials
import Glibc
import HTTP
import Kernel
import Runtime
import Synchronization
import Testing

@testable import HTTPServer

@Suite struct SharedLimitTests {
    @Test func servers_share_connections_and_each_keeps_some() async throws {
        let loop = EventLoop(name: "loop")
        loop.start()
        let shared = SharedHTTPLimits(maximumConnections: 4, reservedConnections: 2)
        let servers = (0..<2).map { _ in HTTPServer(loop: loop, port: 0, shared: shared) { _ in .text("ok") } }
        for server in servers { try server.start() }
        var greedy = (0..<12).map { _ in RawClient(port: servers[0].port) }
        #expect(await eventually { shared.openConnections == 4 })
        let other = RawClient(port: servers[1].port)
        other.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await other.readAnswer()?.body == "ok")
        #expect(shared.openConnections == 5)
        // Those that waited have their turn when others go.
        let last = greedy.removeLast()
        greedy.removeAll()
        last.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await last.readAnswer()?.body == "ok")
        for server in servers { await server.stop(grace: .milliseconds(50)) }
        #expect(shared.openConnections == 0)
        loop.stop()
    }

    @Test func a_limit_that_is_reached_is_told_once_until_others_end() async throws {
        let loop = EventLoop(name: "loop")
        loop.start()
        let told = Mutex<[String]>([])
        let shared = SharedHTTPLimits(maximumConnections: 2, reservedConnections: 1)
        let server = HTTPServer(
            loop: loop, port: 0, shared: shared,
            shortage: { reason in told.withLock { $0.append(reason) } }, handler: { _ in .text("ok") })
        try server.start()
        for round in 1...2 {
            var crowd = (0..<6).map { _ in RawClient(port: server.port) }
            #expect(await eventually { told.withLock { $0.count } == round })
            crowd.removeAll()
            var next: RawClient? = RawClient(port: server.port)
            next?.write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(await next?.readAnswer()?.body == "ok")
            next = nil
            // The server waits for the end of what its clients send.
            #expect(await eventually { shared.openConnections == 0 })
        }
        #expect(told.withLock { $0.allSatisfy { $0.contains("2 connections") } })
        await server.stop(grace: .milliseconds(50))
        loop.stop()
    }

    @Test func bodies_on_their_way_are_bounded_over_all_connections() async throws {
        let loop = EventLoop(name: "loop")
        loop.start()
        let shared = SharedHTTPLimits(maximumBodies: 100_000)
        let server = HTTPServer(loop: loop, port: 0, shared: shared) { .text("\($0.body.count)") }
        try server.start()
        let part = [UInt8](repeating: 0x61, count: 40_000)
        let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n"
        var stalled = (0..<2).map { _ in RawClient(port: server.port) }
        for client in stalled {
            client.write(head)
            client.write(part)
        }
        #expect(await eventually { shared.heldBodies == 80_000 })
        let refused = RawClient(port: server.port)
        refused.write(head)
        refused.write(part)
        let answer = try #require(await refused.readAnswer())
        #expect(answer.status == 503 && answer.header("Retry-After") != nil)
        #expect(await refused.seesEnd())
        stalled.removeAll()
        #expect(await eventually { shared.heldBodies == 0 })
        let next = RawClient(port: server.port)
        next.write(head)
        next.write(part + part.prefix(10_000))
        #expect(await next.readAnswer()?.body == "50000")
        #expect(await eventually { shared.heldBodies == 0 })
        await server.stop(grace: .milliseconds(50))
        loop.stop()
    }

    @Test(arguments: [
        ("127.0.0.1:1", true), ("[::1]", true), ("localhost", true), ("LOCALHOST:8084", true), ("order", true),
        ("shop.localhost", true), ("rebound.example.com", false), ("127.0.0.1.example.com", false), ("1.2.3.4", true),
        ("localhost.example", false),
    ])
    func over_loopback_only_names_that_lead_nowhere_else_are_answered_for(host: String, isAllowed: Bool) {
        #expect(HostRule().allow(host, isLoopback: true) == isAllowed)
        #expect(HostRule().allow(host, isLoopback: false))
        #expect(HostRule(names: ["*"]).allow(host, isLoopback: true))
    }

    @Test func configured_names_are_answered_for() {
        let rule = HostRule(names: ["Shop.example.com"])
        #expect(
            rule.allow("shop.EXAMPLE.com:443", isLoopback: true) && rule.allow("shop.example.com", isLoopback: false))
        #expect(!rule.allow("other.example.com", isLoopback: false) && rule.allow("10.0.0.7:8088", isLoopback: false))
    }

    @Test func answers_in_pieces_leave_half_of_the_room_to_bodies() {
        let shared = SharedHTTPLimits(maximumBodies: 1000)
        #expect((1...7).map { _ in shared.holdAnswer(100) } == [100, 100, 100, 100, 100, 0, 0])
        #expect(shared.reserveBody(500) && !shared.reserveBody(1))
    }
}
