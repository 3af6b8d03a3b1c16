import Kernel
import PlatformTestSupport
import Storage
import StorageMariaDB
import Synchronization
import Testing

/// What is MariaDB's own: connections that are few, and that break; table changes that cannot be rolled back.
@Suite struct MariaDBTests {
    /// The server, or none: the last line of the run tells which.
    static let urls = TestServer.mariaDB.url.map { [$0] } ?? []

    /// In a server's database of its own, so that its connections can be told from others.
    private func with(
        _ url: String, connections: Int = 4,
        _ body: @escaping @Sendable (MariaDBDatabase, Repository<Gadget>, Administrator) async throws -> Void
    ) async throws {
        try await LoopKind.threads.run { loop in
            let name = "test_\(loop.random())"
            let server = try MariaDBDatabase(MariaDBSettings(url: url, defaultSchema: "other"), loop: loop)
            let administrator = Administrator(server: server, name: name)
            try await server.execute("CREATE DATABASE \(name)")
            let own =
                url.split(separator: "/").dropLast().joined(separator: "/")
                .replacing("mariadb:/", with: "mariadb://") + "/" + name
            var settings = try MariaDBSettings(url: own, defaultSchema: "shop")
            settings.connections = connections
            let database = try MariaDBDatabase(settings, loop: loop)
            try await database.migrate(Gadget.migrations)
            try await body(database, Repository(database), administrator)
            await database.close()
            try await server.execute("DROP DATABASE \(name)")
            await server.close()
        }
    }

    @Test(arguments: urls) func a_connection_that_was_cut_is_made_anew_and_the_body_runs_again(url: String) async throws
    {
        try await with(url) { database, gadgets, administrator in
            let runs = Mutex(0)
            try await database.transaction { tx in
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                try await gadgets.insert(Gadget("g\(run)"), in: tx)
                if run == 1 { try await administrator.cutConnections() }
                try await gadgets.insert(Gadget("h\(run)"), in: tx)
            }
            #expect(runs.withLock { $0 } == 2)
            #expect(try await gadgets.all(Query(limit: 9)).map(\.id) == ["g2", "h2"])
        }
    }

    @Test(arguments: urls) func idle_connections_that_were_cut_are_not_noticed_by_callers(url: String) async throws {
        try await with(url) { database, gadgets, administrator in
            try await gadgets.insert(Gadget("g1"))
            try await administrator.cutConnections()
            try await gadgets.insert(Gadget("g2"))
            #expect(try await gadgets.count() == 2)
            try await database.check()
        }
    }

    @Test(arguments: urls) func a_text_that_is_too_long_for_its_index_is_refused_by_its_field(url: String) async throws
    {
        try await with(url) { _, gadgets, _ in
            let long = String(repeating: "x", count: 3073)
            await expect(code: .invalidQuery, naming: "color") { try await gadgets.insert(Gadget("g", color: long)) }
            await expect(code: .invalidQuery, naming: "id") { try await gadgets.insert(Gadget(long)) }
            try await gadgets.insert(Gadget("a\0b", color: "\0 '\"`\\"))
            #expect(try await gadgets.find("a\0b")?.color == "\0 '\"`\\")
            #expect(try await gadgets.count(where: [.equal("color", "\0 '\"`\\")]) == 1)
        }
    }

    @Test(arguments: urls) func texts_differ_by_case_accent_and_trailing_spaces(url: String) async throws {
        try await with(url) { _, gadgets, _ in
            for name in ["a", "A", "á", "a ", "a\0"] { try await gadgets.insert(Gadget("id " + name, name: name)) }
            #expect(try await gadgets.count(where: [.equal("name", "a")]) == 1)
            #expect(try await gadgets.all(Query(limit: 9)).map(\.name) == ["A", "a", "a\0", "a ", "á"])
        }
    }

    /// As after a kill between the change of a table and the note that its migration is done.
    @Test(arguments: urls) func what_a_migration_that_died_left_is_undone_first(url: String) async throws {
        try await with(url) { database, _, _ in
            let work = database.tables.table("schema_steps")
            try await database.execute("CREATE TABLE `\(database.tables.table("parts"))` (id INT)")
            try await database.execute("INSERT INTO `\(work)` VALUES (0, 'parts', NULL)")
            try await database.execute("ALTER TABLE `\(database.tables.table("gadgets"))` ADD owner INT")
            try await database.execute("INSERT INTO `\(work)` VALUES (1, 'gadgets', 'owner')")
            let owner = FieldSchema(name: "owner", type: .text, isUnique: true, isIndexed: false)
            let parts = CollectionSchema(name: "parts", fields: [owner])
            try await database.migrate(
                Gadget.migrations + [Migration(2, "parts", [.create(parts), .addField(owner, to: "gadgets")])])
            try await database.transaction { tx in
                try await tx.insert(Record(id: "p", version: 1, document: [], fields: ["me"]), into: parts)
            }
        }
    }

    @Test func its_name_has_no_password() throws {
        let url = "mariadb://user:s%40cret@host:3307/shop?tls=verify&schema=mine&connections=3"
        let settings = try MariaDBSettings(url: url, defaultSchema: "order")
        #expect(settings.name == "mariadb://host:3307/shop?schema=mine")
        #expect(settings.connections == 3)
        #expect(try MariaDBSettings(url: "mysql://h/d", defaultSchema: "order").name == "mysql://h:3306/d?schema=order")
    }
}

/// A connection from elsewhere.
private struct Administrator: Sendable {
    let server: MariaDBDatabase
    let name: String

    /// Ends the server's threads for all connections to the database.
    func cutConnections() async throws {
        try await server.execute(
            """
            BEGIN NOT ATOMIC FOR other IN (SELECT id FROM information_schema.processlist WHERE db = '\(name)') \
            DO KILL other.id; END FOR; END
            """)
    }
}
