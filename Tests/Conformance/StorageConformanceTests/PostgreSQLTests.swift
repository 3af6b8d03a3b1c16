import PlatformTestSupport
import Storage
import StoragePostgreSQL
import Synchronization
import Testing

/// What is PostgreSQL's own.
@Suite struct PostgreSQLTests {
    @Test(arguments: FarServer.only(.postgreSQL)) func what_is_written_takes_no_round_trip_of_its_own(
        server: FarServer
    ) async throws {
        try await server.run("connections=1") { stage in
            let gadgets = stage.gadgets
            let before = stage.proxy.turns
            try await stage.database.transaction { tx in
                var sum = try #require(try await gadgets.find("sum", in: tx))
                for number in 1...5 { try await gadgets.insert(Gadget("g\(number)"), in: tx) }
                sum.size += 5
                try await gadgets.update(sum, in: tx)
            }
            // One to find, one for all the rest and the commit.
            #expect(stage.proxy.turns - before == 2)
            #expect(try await gadgets.count() == 6)
        }
    }

    @Test(arguments: FarServer.only(.postgreSQL)) func what_was_assumed_wrongly_is_asked_and_nothing_of_it_kept(
        server: FarServer
    ) async throws {
        try await server.with(PostgreSQLDatabase.self) { database, gadgets in
            let first = try await gadgets.insert(Gadget("g1"))
            _ = try await gadgets.update(first)
            let runs = Mutex(0)
            let kept = try await database.transaction { tx in
                runs.withLock { $0 += 1 }
                tx.afterCommit { runs.withLock { $0 += 10 } }
                try await gadgets.insert(Gadget("g2"), in: tx)
                do {
                    try await gadgets.update(first, in: tx)
                    return "the stale one"
                } catch let error as StorageError where error.code == .versionConflict {
                    try await gadgets.insert(Gadget("g3"), in: tx)
                    return "the newer one"
                }
            }
            #expect(kept == "the newer one")
            #expect(runs.withLock { $0 } == 12)
            let found = try await gadgets.all(Query(limit: 9)).map { "\($0.id) \($0.version)" }
            #expect(found == ["g1 2", "g2 1", "g3 1"])
        }
    }

    @Test(arguments: FarServer.only(.postgreSQL)) func text_that_PostgreSQL_cannot_store_is_refused_by_its_field(
        server: FarServer
    ) async throws {
        try await server.with(PostgreSQLDatabase.self) { _, gadgets in
            await expect(code: .invalidQuery, naming: "color") {
                try await gadgets.insert(Gadget("g", color: "a\0b"))
            }
            await expect(code: .invalidQuery, naming: "color") {
                try await gadgets.count(where: [.equal("color", "\0")])
            }
            await expect(code: .invalidQuery, naming: "id") { try await gadgets.insert(Gadget("a\0")) }
            let found = try await gadgets.find("a\0")
            #expect(found == nil)
            // What compresses badly is too long for an index sooner.
            let long = (0..<2000).map { String($0 * 7919 % 100_003, radix: 36) }.joined()
            await expect(code: .invalidQuery) { try await gadgets.insert(Gadget("g", color: long)) }
            let count = try await gadgets.count()
            #expect(count == 0)
        }
    }

    @Test func its_name_has_no_password_and_its_own_parameters_are_not_libpqs() throws {
        let url = "postgres://user:secret@host:5433/shop?sslmode=require&schema=mine&connections=3"
        let settings = try PostgreSQLSettings(url: url, defaultSchema: "order")
        #expect(settings.name == "postgres://host:5433/shop?schema=mine")
        #expect(settings.connections == 3)
    }
}
