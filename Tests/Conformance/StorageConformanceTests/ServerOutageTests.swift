import Kernel
import PlatformTestSupport
import Storage
import Testing

/// A server behind a way that is cut, slow or silent: callers are told, nothing is lost or done twice, and all is well
/// again by itself.
@Suite struct ServerOutageTests {
    @Test(arguments: FarServer.all) func connections_that_are_cut_under_load_lose_and_double_nothing(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            let total = 120
            let ended = Names()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<6 {
                    group.addTask {
                        // Also one that gives up: the cuts would go on for ever.
                        defer { ended.add("\(client)") }
                        for number in 0..<total / 6 { try await stage.addOnce("c\(client)-\(number)") }
                    }
                }
                group.addTask {
                    while ended.all.count < 6 {
                        try await stage.loop.sleep(for: .milliseconds(150))
                        stage.proxy.cut()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await stage.gadgets.find("sum")?.size == Int64(total))
            #expect(try await stage.gadgets.count() == total + 1)
        }
    }

    @Test(arguments: FarServer.all) func a_server_that_falls_silent_is_told_in_time_and_found_again(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            stage.proxy.set(.silent)
            let began = stage.loop.uptime
            await expect(code: .unavailable) { try await stage.gadgets.insert(Gadget("unheard")) }
            #expect(stage.loop.uptime - began < .seconds(10))
            stage.proxy.set(.open)
            stage.proxy.cut()
            try await eventually(on: stage.loop) { (try? await stage.database.check()) != nil }
            try await stage.addOnce("after")
            #expect(try await stage.gadgets.find("sum")?.size == 1)
        }
    }

    @Test(arguments: FarServer.all) func while_nobody_can_connect_callers_are_told_at_once(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            stage.proxy.set(.closed)
            stage.proxy.cut()
            for _ in 0..<20 {
                await expect(code: .unavailable) { try await stage.gadgets.insert(Gadget("none")) }
            }
            stage.proxy.set(.open)
            try await eventually(on: stage.loop) { (try? await stage.database.check()) != nil }
            try await stage.addOnce("after")
            #expect(try await stage.gadgets.all(Query(limit: 9)).map(\.id) == ["after", "sum"])
        }
    }

    /// Eight connections that cannot be made at the same time are not eight outages: how long it lasts is not known yet.
    @Test(arguments: FarServer.pooled) func a_moment_without_the_server_is_over_in_a_moment(
        server: FarServer
    ) async throws {
        try await server.run("connections=8") { stage in
            stage.proxy.set(.closed)
            stage.proxy.cut()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        await expect(code: .unavailable) { try await stage.gadgets.insert(Gadget("n\(number)")) }
                    }
                }
                try await group.waitForAll()
            }
            let began = stage.loop.uptime
            stage.proxy.set(.open)
            try await eventually(on: stage.loop) { (try? await stage.database.check()) != nil }
            #expect(stage.loop.uptime - began < .seconds(1))
            #expect(try await stage.gadgets.count() == 1)
        }
    }

    @Test(arguments: FarServer.all) func a_slow_way_is_slow_and_nothing_else(server: FarServer) async throws {
        try await server.run { stage in
            stage.proxy.set(.slow(.milliseconds(15)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<4 { group.addTask { try await stage.addOnce("c\(client)") } }
                try await group.waitForAll()
            }
            #expect(try await stage.gadgets.find("sum")?.size == 4)
        }
    }
}
