import Kernel
import PlatformTestSupport
import Simulation
import Storage
import Synchronization
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

    @Test(arguments: FarServer.pooled) func a_connection_that_was_cut_is_made_anew_and_the_body_runs_again(
        server: FarServer
    ) async throws {
        try await server.withConnections { database, cut in
            let gadgets = Repository<Gadget>(database)
            let runs = Mutex(0)
            try await database.transaction { tx in
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                try await gadgets.insert(Gadget("g\(run)"), in: tx)
                if run == 1 { try await cut() }
                try await gadgets.insert(Gadget("h\(run)"), in: tx)
            }
            #expect(runs.withLock { $0 } == 2)
            #expect(try await gadgets.all(Query(limit: 9)).map(\.id) == ["g2", "h2"])
        }
    }

    @Test(arguments: FarServer.pooled) func idle_connections_that_were_cut_are_not_noticed_by_callers(
        server: FarServer
    ) async throws {
        try await server.withConnections { database, cut in
            let gadgets = Repository<Gadget>(database)
            try await gadgets.insert(Gadget("g1"))
            try await cut()
            try await gadgets.insert(Gadget("g2"))
            #expect(try await gadgets.count() == 2)
            try await database.check()
        }
    }
}
