import Foundation
import Kernel
import PlatformTestSupport
import Storage
import StoragePostgreSQL
import Synchronization
import Testing

/// What is PostgreSQL's own: connections that are few, and that break.
@Suite struct PostgreSQLTests {
    /// The server, or none: the last line of the run tells which.
    static let urls = TestServer.postgreSQL.url.map { [$0] } ?? []

    private func with(
        _ url: String, connections: Int = 4,
        _ body: @escaping @Sendable (PostgreSQLDatabase, Repository<Gadget>, any Loop) async throws -> Void
    ) async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            var settings = try PostgreSQLUnderTest.settings(url, for: directory)
            settings.connections = connections
            let database = try PostgreSQLDatabase(settings, loop: loop)
            try await database.migrate(Gadget.migrations)
            try await body(database, Repository(database), loop)
            try await database.execute("DROP SCHEMA \"\(settings.schema)\" CASCADE")
            await database.close()
        }
    }

    @Test(arguments: urls) func a_connection_that_was_cut_is_made_anew_and_the_body_runs_again(url: String) async throws
    {
        try await with(url) { database, gadgets, _ in
            let runs = Mutex(0)
            try await database.transaction { tx in
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                try await gadgets.insert(Gadget("g\(run)"), in: tx)
                if run == 1 { try? await cutAllOthers(of: url, than: database) }
                try await gadgets.insert(Gadget("h\(run)"), in: tx)
            }
            #expect(runs.withLock { $0 } == 2)
            #expect(try await gadgets.all(Query(limit: 9)).map(\.id) == ["g2", "h2"])
        }
    }

    @Test(arguments: urls) func idle_connections_that_were_cut_are_not_noticed_by_callers(url: String) async throws {
        try await with(url) { database, gadgets, _ in
            try await gadgets.insert(Gadget("g1"))
            try await cutAllOthers(of: url, than: database)
            try await gadgets.insert(Gadget("g2"))
            #expect(try await gadgets.count() == 2)
            try await database.check()
        }
    }

    @Test(arguments: urls) func what_is_written_takes_no_round_trip_of_its_own(url: String) async throws {
        let port = try #require(URLComponents(string: url)?.port)
        let proxy = try TCPProxy(to: port)
        defer { proxy.close() }
        try await with(url.replacing(":\(port)", with: ":\(proxy.port)"), connections: 1) { database, gadgets, _ in
            try await gadgets.insert(Gadget("sum"))
            let before = proxy.turns
            try await database.transaction { tx in
                var sum = try #require(try await gadgets.find("sum", in: tx))
                for number in 1...5 { try await gadgets.insert(Gadget("g\(number)"), in: tx) }
                sum.size += 5
                try await gadgets.update(sum, in: tx)
            }
            // One to find, one for all the rest and the commit.
            #expect(proxy.turns - before == 2)
            #expect(try await gadgets.count() == 6)
        }
    }

    @Test(arguments: urls) func what_was_assumed_wrongly_is_asked_again_and_nothing_is_kept_of_it(
        url: String
    ) async throws {
        try await with(url) { database, gadgets, _ in
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

    @Test(arguments: urls) func text_that_PostgreSQL_cannot_store_is_refused_by_its_field(url: String) async throws {
        try await with(url) { _, gadgets, _ in
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

/// Ends the server's processes for all connections of that schema, by a connection from elsewhere.
private func cutAllOthers(of url: String, than database: PostgreSQLDatabase) async throws {
    try await LoopKind.threads.run { loop in
        let settings = try PostgreSQLSettings(url: url, defaultSchema: "public")
        let other = try PostgreSQLDatabase(settings, loop: loop)
        try await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                + "WHERE application_name = 'sambal \(database.schema)'")
        await other.close()
    }
}
