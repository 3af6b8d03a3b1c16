import Kernel
import PlatformTestSupport
import Storage
import Testing

/// What a store knows of itself, on every engine.
@Suite struct IdentityConformanceTests {
    private static let part = CollectionSchema(
        name: "parts", fields: [FieldSchema(name: "size", type: .integer, isUnique: false, isIndexed: true)])

    @Test(arguments: Setting.all) func a_store_is_empty_until_something_is_made_in_it(setting: Setting) async throws {
        try await setting.loop.run { loop in
            let directory = TemporaryDirectory()
            let database = try claimable(setting.engine.open(directory, loop))
            #expect(try await database.storeState() == .empty)
            #expect(try await database.storeState() == .empty)
            try await database.migrate(Gadget.migrations)
            #expect(try await database.storeState() == .unnamed)
            try await setting.engine.remove(database)
            await database.close()
        }
    }

    @Test(arguments: Setting.all) func an_identity_stays_and_counts_its_starts(setting: Setting) async throws {
        try await setting.run { stage in
            let database = try claimable(stage.database)
            let identity = StoreIdentity(
                id: "STORE-1", service: "order", createdAt: "2026-01-31T08:15:30Z",
                origin: .init(id: "STORE-0", starts: 3))
            try await database.setIdentity(identity)
            #expect(try await database.storeState() == .named(identity))
            #expect(try await database.countUp()?.starts == 1)
            #expect(try await database.countUp()?.starts == 2)
            let again = try claimable(stage.openAgain())
            guard case .named(let found) = try await again.storeState() else {
                Issue.record("the identity is gone")
                return
            }
            #expect(found.id == "STORE-1" && found.starts == 2 && found.origin?.starts == 3)
            // Migrations go their own way, before and after.
            try await again.migrate(Gadget.migrations)
            #expect(try await again.storeState() == .named(found))
            await again.close()
        }
    }

    @Test(arguments: Setting.all) func collections_of_the_platform_stand_beside_those_of_migrations(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let (database, other) = (try claimable(stage.database), try claimable(stage.openAgain()))
            try await other.migrate(Gadget.migrations)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for each in [database, other] { group.addTask { try await each.create(missing: [Self.part]) } }
                try await group.waitForAll()
            }
            let record = Record(id: "p1", version: 1, document: Array("{}".utf8), fields: [7])
            try await database.transaction { try await $0.insert(record, into: Self.part) }
            let query = Query(where: [.equal("size", 7)], limit: 9)
            #expect(try await other.read { try await $0.query(Self.part, query) } == [record])
            #expect(try await other.collectionNames().isSuperset(of: ["gadgets", "parts"]))
            let later = Migration(2, "later", [.create(CollectionSchema(name: "later", fields: []))])
            try await other.migrate(Gadget.migrations + [later])
            try await database.create(missing: [Self.part])
            #expect(try await database.read { try await $0.query(Self.part, query) } == [record])
            await other.close()
        }
    }

    @Test(arguments: Setting.all) func a_sound_store_has_no_faults(setting: Setting) async throws {
        try await setting.run { stage in
            for number in 0..<20 { try await stage.gadgets.insert(Gadget("g\(number)")) }
            #expect(try await claimable(stage.database).integrityFaults().isEmpty)
        }
    }
}

private func claimable(_ database: any Database) throws -> any ClaimableDatabase {
    try #require(database as? any ClaimableDatabase)
}
