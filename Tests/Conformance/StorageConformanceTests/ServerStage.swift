import PlatformTestSupport
import Storage
import StorageMariaDB
import StoragePostgreSQL
import Testing

extension FarServer {
    /// The servers of one kind: one, or none where the environment names none; the last line of the run tells which.
    static func only(_ server: TestServer) -> [FarServer] { all.filter { $0.server.variable == server.variable } }

    /// Runs `body` with a database of the server that has the table of `Gadget`, and that nobody else uses.
    func with<Engine: Database>(
        _ engine: Engine.Type, _ body: @escaping @Sendable (Engine, Repository<Gadget>) async throws -> Void
    ) async throws {
        let url = try #require(server.url)
        try await LoopKind.threads.run { [open] loop in
            let database = try #require(try open(url, TemporaryDirectory(), loop) as? Engine)
            try await database.migrate(Gadget.migrations)
            try await body(database, Repository(database))
            if let database = database as? PostgreSQLDatabase {
                try await database.execute("DROP SCHEMA \"\(database.schema)\" CASCADE")
            }
            await database.close()
        }
    }

    /// The same, whichever engine it is; with what ends all its connections at the server, from elsewhere.
    func withConnections(
        _ body:
            @escaping @Sendable (any Database, _ cut: @escaping @Sendable () async throws -> Void) async throws -> Void
    ) async throws {
        if scheme == "postgres" {
            try await with(PostgreSQLDatabase.self) { [self] database, _ in
                try await body(database) { try await end(database) }
            }
        } else {
            try await with(MariaDBDatabase.self) { [self] database, _ in
                try await body(database) { try await end(database) }
            }
        }
    }

    private func end(_ database: PostgreSQLDatabase) async throws {
        let schema = database.schema
        try await with(PostgreSQLDatabase.self) { other, _ in
            try await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sambal \(schema)'")
        }
    }

    private func end(_ database: MariaDBDatabase) async throws {
        let lock = database.useName("id")
        try await with(MariaDBDatabase.self) { other, _ in
            try await other.execute(
                """
                BEGIN NOT ATOMIC FOR other IN (SELECT id FROM information_schema.processlist \
                WHERE IS_USED_LOCK(\(lock)) = id) DO KILL other.id; END FOR; END
                """)
        }
    }
}
