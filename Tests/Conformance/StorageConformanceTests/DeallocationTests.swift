import Kernel
import PlatformTestSupport
import Storage
import StoragePostgreSQL
import Testing

/// A server keeps a prepared statement until it is told otherwise, or the connection ends.
@Suite struct DeallocationTests {
    private static let comparisons: [Condition.Comparison] = [
        .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual,
    ]

    /// One that is not there makes the server skip what is deallocated together with it.
    @Test(arguments: TestServer.postgreSQL.url.map { [$0] } ?? [])
    func statements_that_were_not_deallocated_are_let_go_of_later(url: String) async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            var settings = try PostgreSQLUnderTest.settings(url, for: directory)
            settings.connections = 1
            let database = try PostgreSQLDatabase(settings, loop: loop)
            try await database.migrate(Gadget.migrations)
            let gadgets = Repository<Gadget>(database)
            func ask(_ numbers: Range<Int>) async throws {
                try await database.read { tx in
                    for number in numbers {
                        let comparisons = [number % 6, number / 6 % 6, number / 36 % 6].map { Self.comparisons[$0] }
                        let query = Query(
                            where: comparisons.map { Condition("size", $0, 2) },
                            sort: number < 216 ? [] : [Sort("size", descending: true)], limit: 1)
                        _ = try await gadgets.all(query, in: tx)
                    }
                }
            }
            try await ask(0..<200)
            for number in 20..<30 { try? await database.execute("DEALLOCATE s\(number)") }
            // In one transaction, so that many make room, and are deallocated together after it.
            try await ask(216..<416)
            for _ in 0..<20 { try await ask(415..<416) }
            try await database.execute(
                """
                DO $$ DECLARE kept int; BEGIN
                    SELECT count(*) INTO kept FROM pg_prepared_statements;
                    IF kept > 270 THEN RAISE EXCEPTION '% statements are kept', kept; END IF;
                END $$
                """)
            try await database.execute("DROP SCHEMA \"\(database.schema)\" CASCADE")
            await database.close()
        }
    }
}
