import Kernel
import PlatformTestSupport
import Runtime
import Storage
import Testing

/// What all engines have in common that are servers.
@Suite struct ServerTests {
    @Test(arguments: FarServer.kinds) func where_nobody_listens_callers_are_told_so_and_soon(
        server: FarServer
    ) async throws {
        try await LoopKind.threads.run { loop in
            let database = try server.open(server.nowhere, TemporaryDirectory(), loop)
            for _ in 0..<20 {
                await expect(code: .unavailable, naming: "127.0.0.1") { try await database.check() }
                await expect(code: .unavailable, naming: "127.0.0.1") { try await database.transaction { _ in } }
            }
            await database.close()
            await expect(code: .closed) { try await database.check() }
        }
    }

    @Test(arguments: FarServer.kinds) func a_simulated_loop_is_refused(server: FarServer) throws {
        let error = #expect(throws: StorageError.self) {
            try server.open(server.nowhere, TemporaryDirectory(), SimulatedLoop(seed: 1))
        }
        #expect(error?.message.contains("simulation") == true)
    }

    @Test(arguments: FarServer.all) func more_callers_than_connections_take_turns(server: FarServer) async throws {
        try await server.run { stage in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<50 { group.addTask { _ = try await stage.gadgets.insert(Gadget("g\(index)")) } }
                try await group.waitForAll()
            }
            #expect(try await stage.gadgets.count() == 51)
        }
    }

    @Test(arguments: FarServer.pooled) func an_error_that_the_body_hides_fails_it_all_the_same(
        server: FarServer
    ) async throws {
        try await server.run { stage in
            let gadgets = stage.gadgets
            let unknown = CollectionSchema(name: "unknown", fields: [])
            await expect(code: .internalFailure, naming: "unknown") {
                try await stage.database.transaction { tx in
                    try await gadgets.insert(Gadget("g"), in: tx)
                    _ = try? await tx.count(unknown, where: [])
                }
            }
            let left = try await gadgets.all(Query(limit: 9)).map(\.id)
            #expect(left == ["sum"])
        }
    }
}
