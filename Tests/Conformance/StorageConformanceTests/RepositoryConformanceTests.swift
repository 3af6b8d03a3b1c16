import Storage
import Testing

@Suite struct RepositoryConformanceTests {
    @Test(arguments: Setting.all) func what_is_inserted_is_found_with_version_1(setting: Setting) async throws {
        try await setting.run { stage in
            var gadget = Gadget("g1", color: "rød \u{1F336}", size: .max)
            gadget.weight = 0.25
            let stored = try await stage.gadgets.insert(gadget)
            #expect(stored.version == 1)
            #expect(try await stage.gadgets.find("g1") == stored)
            #expect(try await stage.gadgets.find("g2") == nil)
        }
    }

    @Test(arguments: Setting.all) func an_id_or_a_unique_field_that_is_taken_is_named(setting: Setting) async throws {
        try await setting.run { stage in
            try await stage.gadgets.insert(Gadget("g1", name: "one"))
            await expect(code: .duplicate(field: "id")) { try await stage.gadgets.insert(Gadget("g1", name: "two")) }
            await expect(code: .duplicate(field: "name")) { try await stage.gadgets.insert(Gadget("g2", name: "one")) }
            #expect(try await stage.gadgets.count() == 1)
        }
    }

    @Test(arguments: Setting.all) func a_transaction_goes_on_after_a_duplicate(setting: Setting) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            try await gadgets.insert(Gadget("g1"))
            // Of the run that was committed: an engine may run the body again to find out.
            let refusal = try await stage.database.transaction { tx in
                var refusal: StorageError?
                do throws {
                    try await gadgets.insert(Gadget("g1", name: "x"), in: tx)
                } catch let error as StorageError {
                    refusal = error
                }
                try await gadgets.insert(Gadget("g2"), in: tx)
                return refusal
            }
            #expect(refusal?.code == .duplicate(field: "id"))
            #expect(try await gadgets.count() == 2)
        }
    }

    @Test(arguments: Setting.all) func an_update_raises_the_version_and_a_stale_one_is_refused(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let first = try await stage.gadgets.insert(Gadget("g1"))
            var changed = first
            changed.color = "green"
            let second = try await stage.gadgets.update(changed)
            #expect(second.version == 2)
            await expect(code: .versionConflict) { try await stage.gadgets.update(first) }
            await expect(code: .versionConflict) { try await stage.gadgets.delete(first) }
            await expect(code: .versionConflict) { try await stage.gadgets.update(Gadget("none")) }
            #expect(try await stage.gadgets.find("g1") == second)
        }
    }

    @Test(arguments: Setting.all) func what_is_deleted_is_gone(setting: Setting) async throws {
        try await setting.run { stage in
            let gadget = try await stage.gadgets.insert(Gadget("g1"))
            try await stage.gadgets.delete(gadget)
            #expect(try await stage.gadgets.find("g1") == nil)
            try await stage.gadgets.insert(gadget)
            #expect(try await stage.gadgets.delete(id: "g1"))
            #expect(try await !stage.gadgets.delete(id: "g1"))
        }
    }

    @Test(arguments: Setting.all) func pages_cover_all_once_under_ties(setting: Setting) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            try await stage.database.transaction { tx in
                for index in (0..<25).reversed() {
                    try await gadgets.insert(Gadget("g\(10 + index)", size: Int64(index % 2)), in: tx)
                }
            }
            var seen: [String] = []
            for number in 0..<4 {
                let request = PageRequest(number: number, size: 7, sort: [Sort("size", descending: true)])
                let page = try await gadgets.page(request)
                #expect(page.totalElements == 25)
                #expect(page.totalPages == 4)
                seen += page.items.map(\.id)
            }
            let odd = stride(from: 1, to: 25, by: 2).map { "g\(10 + $0)" }
            let even = stride(from: 0, to: 25, by: 2).map { "g\(10 + $0)" }
            #expect(seen == odd + even)
            let beyond = try await gadgets.page(PageRequest(number: 9, size: 7))
            #expect(beyond.items.isEmpty)
            #expect(beyond.totalElements == 25)
        }
    }

    static let questions: [(Condition, [String])] = [
        (.equal("color", "red"), ["a", "b"]),
        (.equal("color", nil), ["d"]),
        (.notEqual("color", "red"), ["c", "d"]),
        (.notEqual("color", nil), ["a", "b", "c"]),
        (.less("size", 2), ["a"]),
        (.lessOrEqual("size", 2), ["a", "b"]),
        (.greater("size", 3), ["d"]),
        (.greaterOrEqual("size", 3), ["c", "d"]),
        (.equal("id", "c"), ["c"]),
        (.equal("isSold", false), ["a", "b", "c", "d"]),
        (.equal("color", "red' OR 1=1 --"), []),
    ]

    @Test(arguments: Setting.all, questions) func conditions_choose(
        setting: Setting, question: (condition: Condition, answer: [String])
    ) async throws {
        try await setting.run { stage in
            let colors = [("a", "red"), ("b", "red"), ("c", "blue"), ("d", nil)]
            for (index, color) in colors.enumerated() {
                try await stage.gadgets.insert(Gadget(color.0, color: color.1, size: Int64(index + 1)))
            }
            let found = try await stage.gadgets.all(Query(where: [question.condition], limit: 10)).map(\.id)
            #expect(found == question.answer)
            #expect(try await stage.gadgets.count(where: [question.condition]) == question.answer.count)
            #expect(try await stage.gadgets.first(where: [question.condition])?.id == question.answer.first)
        }
    }

    @Test(arguments: Setting.all) func a_question_that_makes_no_sense_is_refused_by_name(setting: Setting) async throws
    {
        try await setting.run { stage in
            await expect(code: .invalidQuery, naming: "colour") {
                try await stage.gadgets.page(PageRequest(sort: [Sort("colour")]))
            }
            await expect(code: .invalidQuery, naming: "colour") {
                try await stage.gadgets.count(where: [.equal("colour", "red")])
            }
            await expect(code: .invalidQuery, naming: "size") {
                try await stage.gadgets.count(where: [.equal("size", "large")])
            }
            await expect(code: .invalidQuery) { try await stage.gadgets.page(PageRequest(size: 0)) }
        }
    }
}
