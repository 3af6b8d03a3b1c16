import Storage
import StorageMariaDB
import Testing

/// What is MariaDB's own: table changes that cannot be rolled back, among others.
@Suite struct MariaDBTests {
    @Test(arguments: FarServer.only(.mariaDB)) func a_text_that_is_too_long_for_its_index_is_refused_by_its_field(
        server: FarServer
    ) async throws {
        try await server.with(MariaDBDatabase.self) { _, gadgets in
            let long = String(repeating: "x", count: 3073)
            await expect(code: .invalidQuery, naming: "color") { try await gadgets.insert(Gadget("g", color: long)) }
            await expect(code: .invalidQuery, naming: "id") { try await gadgets.insert(Gadget(long)) }
            try await gadgets.insert(Gadget("a\0b", color: "\0 '\"`\\"))
            #expect(try await gadgets.find("a\0b")?.color == "\0 '\"`\\")
            #expect(try await gadgets.count(where: [.equal("color", "\0 '\"`\\")]) == 1)
        }
    }

    @Test(arguments: FarServer.only(.mariaDB)) func texts_differ_by_case_accent_and_trailing_spaces(server: FarServer)
        async throws
    {
        try await server.with(MariaDBDatabase.self) { _, gadgets in
            for name in ["a", "A", "á", "a ", "a\0"] { try await gadgets.insert(Gadget("id " + name, name: name)) }
            #expect(try await gadgets.count(where: [.equal("name", "a")]) == 1)
            #expect(try await gadgets.all(Query(limit: 9)).map(\.name) == ["A", "a", "a\0", "a ", "á"])
        }
    }

    /// As after a kill between the change of a table and the note that its migration is done.
    @Test(arguments: FarServer.only(.mariaDB)) func what_a_migration_that_died_left_is_undone_first(server: FarServer)
        async throws
    {
        try await server.with(MariaDBDatabase.self) { database, _ in
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
