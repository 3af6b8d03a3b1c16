import Storage
import StorageMongoDB
import Testing

/// What is MongoDB's own: it has no savepoints, and makes collections by itself.
@Suite struct MongoDBTests {
    @Test(arguments: FarServer.only(.mongoDB)) func what_a_savepoint_wrote_is_put_back_as_it_was(server: FarServer)
        async throws
    {
        try await server.with(MongoDBDatabase.self) { database, gadgets in
            let schema = gadgets.schema
            for id in ["changed", "put", "deleted", "twice"] { try await gadgets.insert(Gadget(id, color: "red")) }
            let before = try await gadgets.all(Query(limit: 9))
            try await database.transaction { tx in
                await expectRefusal {
                    try await tx.savepoint { tx in
                        var changed = try #require(try await gadgets.find("changed", in: tx))
                        changed.color = nil
                        try await gadgets.update(changed, in: tx)
                        let record = Record(id: "put", version: 7, document: [1], fields: ["n", nil, 5, 0.5, true])
                        try await tx.put(record, in: schema)
                        try await tx.put(
                            Record(id: "new", version: 1, document: [], fields: record.fields.map { _ in nil }),
                            in: schema)
                        try await gadgets.delete(id: "deleted", in: tx)
                        try await gadgets.delete(id: "twice", in: tx)
                        try await gadgets.insert(Gadget("twice", color: "blue"), in: tx)
                        throw Refused()
                    }
                }
                let after = try await gadgets.all(Query(limit: 9), in: tx)
                #expect(after == before)
            }
            #expect(try await gadgets.all(Query(limit: 9)) == before)
        }
    }

    @Test(arguments: FarServer.only(.mongoDB)) func transactions_that_wait_are_committed_together(server: FarServer)
        async throws
    {
        try await server.with(MongoDBDatabase.self) { database, gadgets in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<200 { group.addTask { _ = try await gadgets.insert(Gadget("g\(index)")) } }
                try await group.waitForAll()
            }
            #expect(try await gadgets.count() == 200)
            #expect(database.transactions == 200)
            #expect(database.commits < 200)
        }
    }

    @Test(arguments: FarServer.only(.mongoDB)) func a_collection_that_no_migration_made_is_refused_and_not_made(
        server: FarServer
    ) async throws {
        try await server.with(MongoDBDatabase.self) { database, gadgets in
            let unknown = CollectionSchema(name: "unknown", fields: [])
            await expect(code: .internalFailure, naming: "unknown") {
                try await database.transaction { tx in
                    try await gadgets.insert(Gadget("g"), in: tx)
                    try await tx.insert(Record(id: "r", version: 1, document: [], fields: []), into: unknown)
                }
            }
            let count = try await gadgets.count()
            #expect(count == 0)
        }
    }

    /// Its own connections, that of the relay and readiness too, are not those of another program.
    @Test(arguments: FarServer.only(.mongoDB)) func a_database_that_was_checked_is_still_nobody_elses(server: FarServer)
        async throws
    {
        try await server.with(MongoDBDatabase.self) { database, gadgets in
            try await gadgets.insert(Gadget("g"))
            #expect(try await gadgets.count() == 1)
            try await database.check()
            #expect(try await database.acquireExclusive())
        }
    }

    @Test(arguments: FarServer.only(.mongoDB)) func texts_may_hold_what_looks_like_an_operator(server: FarServer)
        async throws
    {
        try await server.with(MongoDBDatabase.self) { _, gadgets in
            for text in ["$where", "{\"$gt\": \"\"}", "a\0b", "$name"] {
                try await gadgets.insert(Gadget(text, color: text))
                #expect(try await gadgets.find(text)?.color == text)
                #expect(try await gadgets.count(where: [.equal("color", .text(text))]) == 1)
            }
        }
    }

    @Test func its_name_has_no_password_and_its_own_parameter_is_not_libmongocs() throws {
        let url = "mongodb://user:secret@one:27017,two:27018/shop?replicaSet=rs0&schema=mine"
        let settings = try MongoDBSettings(url: url, defaultSchema: "order")
        #expect(settings.name == "mongodb://one:27017,two:27018/shop?schema=mine")
        #expect(settings.schema == "mine")
    }
}
