import Storage
import Testing

@Suite struct RecordConformanceTests {
    @Test(arguments: Setting.all) func documents_come_back_to_the_byte(setting: Setting) async throws {
        try await setting.run { stage in
            let schema = Gadget.collection.schema
            let document = Array("{ \"b\" : 1.50,\n\"a\":\"\u{1F336}\" }".utf8)
            let record = Record(
                id: "r", version: 3, document: document, fields: ["n", nil, .integer(.min), 2.5, false])
            try await stage.database.transaction { try await $0.insert(record, into: schema) }
            #expect(try await stage.database.read { try await $0.find(schema, id: "r") } == record)
        }
    }

    @Test(arguments: Setting.all) func a_whole_number_in_a_real_field_is_a_real_one(setting: Setting) async throws {
        try await setting.run { stage in
            let schema = Gadget.collection.schema
            let record = Record(id: "r", version: 1, document: [], fields: ["n", nil, 1, 2, false])
            try await stage.database.transaction { try await $0.insert(record, into: schema) }
            #expect(try await stage.database.read { try await $0.find(schema, id: "r") }?.fields[3] == .real(2))
            #expect(try await stage.gadgets.count(where: []) == 1)
        }
    }

    @Test(arguments: Setting.all) func long_texts_that_begin_alike_are_told_apart(setting: Setting) async throws {
        try await setting.run { stage in
            let long = String(repeating: "x", count: 2000)
            for end in ["b", "a"] {
                try await stage.gadgets.insert(Gadget(long + end, name: long + end, color: long + end))
            }
            await expect(code: .duplicate(field: "id")) {
                try await stage.gadgets.insert(Gadget(long + "a", name: "?"))
            }
            await expect(code: .duplicate(field: "name")) {
                try await stage.gadgets.insert(Gadget("short", name: long + "a"))
            }
            #expect(try await stage.gadgets.find(long + "a")?.name == long + "a")
            #expect(try await stage.gadgets.find(long + "c") == nil)
            #expect(try await stage.gadgets.count(where: [.equal("color", .text(long + "b"))]) == 1)
            #expect(try await stage.gadgets.all(Query(limit: 9)).map(\.id) == [long + "a", long + "b"])
            #expect(try await stage.gadgets.delete(id: long + "a"))
            #expect(try await stage.gadgets.all(Query(limit: 9)).map(\.id) == [long + "b"])
        }
    }

    @Test(arguments: Setting.all) func a_unique_value_is_free_again_when_its_record_has_another(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            var first = try await stage.gadgets.insert(Gadget("g1", name: "one"))
            first.name = "two"
            try await stage.gadgets.update(first)
            try await stage.gadgets.insert(Gadget("g2", name: "one"))
            let second = try #require(try await stage.gadgets.find("g2"))
            await expect(code: .duplicate(field: "name")) {
                var taken = second
                taken.name = "two"
                try await stage.gadgets.update(taken)
            }
            #expect(try await stage.gadgets.find("g2") == second)
        }
    }

    @Test(arguments: Setting.all) func a_record_of_other_fields_is_refused(setting: Setting) async throws {
        try await setting.run { stage in
            let schema = Gadget.collection.schema
            for fields: [FieldValue] in [["n", nil, 1, nil], ["n", nil, "one", nil, true]] {
                await expect(code: .invalidQuery) {
                    try await stage.database.transaction {
                        try await $0.insert(Record(id: "r", version: 1, document: [], fields: fields), into: schema)
                    }
                }
            }
            let count = try await stage.gadgets.count()
            #expect(count == 0)
        }
    }
}
