import FoundationEssentials
import Kernel
import Storage
import Testing

@Suite struct MigrationConformanceTests {
    private static let second = Migration(
        2, "owners",
        [.addField(FieldSchema(name: "owner", type: .text, isUnique: false, isIndexed: true), to: "gadgets")])

    @Test(arguments: Setting.all) func each_runs_once_and_later_ones_are_added(setting: Setting) async throws {
        try await setting.run { stage in
            try await stage.gadgets.insert(Gadget("g1"))
            try await stage.database.migrate(Gadget.migrations)
            try await stage.database.migrate(Gadget.migrations + [Self.second])
            let schema = CollectionSchema(
                name: "gadgets",
                fields: Gadget.collection.schema.fields + [
                    FieldSchema(name: "owner", type: .text, isUnique: false, isIndexed: true)
                ])
            let found = try await stage.database.read { tx in
                try await tx.query(schema, Query(where: [.equal("owner", nil)], limit: 9))
            }
            #expect(found.map(\.id) == ["g1"])
        }
    }

    private static let doubled = FieldSchema(name: "doubled", type: .integer, isUnique: false, isIndexed: true)

    private static func doubling(_ value: @escaping Migration.ComputedValue) -> [Migration] {
        Gadget.migrations + [Migration(2, "doubled", [.addField(doubled, to: "gadgets", value: value)])]
    }

    @Test(arguments: Setting.all) func a_new_field_is_filled_from_the_documents(setting: Setting) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            // More than a migration reads at a time; one of three has no value.
            try await stage.database.transaction { tx in
                for size in 1...750 { try await gadgets.insert(Gadget("g\(1000 + size)", size: Int64(size)), in: tx) }
            }
            let migrations = Self.doubling { document in
                let gadget = try JSON.decode(Gadget.self, from: Data(document))
                return gadget.size % 3 == 0 ? .null : .integer(gadget.size * 2)
            }
            try await stage.database.migrate(migrations)
            try await stage.database.migrate(migrations)
            let schema = CollectionSchema(
                name: "gadgets", fields: Gadget.collection.schema.fields + [Self.doubled])
            let (found, missing, last) = try await stage.database.read { tx in
                let found = try await tx.query(schema, Query(where: [.equal("doubled", 1400)], limit: 9))
                let missing = try await tx.count(schema, where: [.equal("doubled", nil)])
                let last = try await tx.query(schema, Query(sort: [Sort("doubled", descending: true)], limit: 1))
                return (found, missing, last)
            }
            #expect(found.map(\.id) == ["g1700"])
            // Filling a field is no change of the record.
            #expect(found.map(\.version) == [1])
            #expect(missing == 250)
            #expect(last.map(\.id) == ["g1749"])
            #expect(try await gadgets.find("g1700")?.size == 700)
        }
    }

    @Test(arguments: Setting.all) func a_value_that_cannot_be_computed_fails_the_migration_and_leaves_nothing(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            try await stage.gadgets.insert(Gadget("g1"))
            await expect(code: .migration, naming: "g1") {
                try await stage.database.migrate(Self.doubling { _ in throw Refused() })
            }
            try await stage.database.migrate(Self.doubling { _ in .integer(4) })
            let schema = CollectionSchema(
                name: "gadgets", fields: Gadget.collection.schema.fields + [Self.doubled])
            let found = try await stage.database.read { tx in
                try await tx.query(schema, Query(where: [.equal("doubled", 4)], limit: 9))
            }
            #expect(found.map(\.id) == ["g1"])
        }
    }

    @Test(arguments: Setting.all) func a_schema_that_is_newer_than_the_program_is_refused(setting: Setting) async throws
    {
        try await setting.run { stage in
            try await stage.database.migrate(Gadget.migrations + [Self.second])
            await expect(code: .migration, naming: "newer") { try await stage.database.migrate(Gadget.migrations) }
        }
    }

    @Test(arguments: Setting.all) func a_changed_history_and_a_gap_are_refused(setting: Setting) async throws {
        try await setting.run { stage in
            await expect(code: .migration, naming: "renamed") {
                try await stage.database.migrate([Migration(1, "renamed", [])])
            }
            await expect(code: .migration, naming: "number 2") {
                try await stage.database.migrate(Gadget.migrations + [Migration(3, "third", [])])
            }
        }
    }

    @Test(arguments: Setting.all) func one_that_fails_leaves_nothing_of_itself(setting: Setting) async throws {
        try await setting.run { stage in
            let schema = CollectionSchema(name: "parts", fields: [])
            let failing = Migration(2, "parts", [.create(schema), .create(Gadget.collection.schema)])
            await expect(code: .migration, naming: "parts") {
                try await stage.database.migrate(Gadget.migrations + [failing])
            }
            try await stage.database.migrate(Gadget.migrations + [Migration(2, "parts", [.create(schema)])])
        }
    }

    @Test(arguments: Setting.all) func a_collection_may_have_no_fields(setting: Setting) async throws {
        try await setting.run { stage in
            let schema = CollectionSchema(name: "plain", fields: [])
            try await stage.database.migrate(Gadget.migrations + [Migration(2, "plain", [.create(schema)])])
            let record = Record(id: "r", version: 1, document: Array("{}".utf8), fields: [])
            try await stage.database.transaction { try await $0.insert(record, into: schema) }
            #expect(try await stage.database.read { try await $0.query(schema, Query(limit: 9)) } == [record])
        }
    }

    @Test(arguments: Setting.all) func two_programs_that_start_together_do_it_once(setting: Setting) async throws {
        try await setting.run { stage in
            let other = try stage.openAgain()
            let migrations = Gadget.migrations + [Self.second]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for database in [stage.database, other] { group.addTask { try await database.migrate(migrations) } }
                try await group.waitForAll()
            }
            await other.close()
        }
    }
}
