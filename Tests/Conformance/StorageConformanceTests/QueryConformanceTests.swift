import Kernel
import PlatformTestSupport
import Storage
import Testing

/// Whatever way an engine takes to its rows, it gives those that a plain look at all of them gives.
@Suite struct QueryConformanceTests {
    @Test(arguments: Setting.all, [1, 2, 3] as [UInt64]) func every_engine_answers_as_a_plain_search_does(
        setting: Setting, seed: UInt64
    ) async throws {
        try await setting.run { stage in
            var random = SeededRandom(seed: seed)
            let schema = Shelf.schema
            try await stage.database.migrate(Gadget.migrations + [Migration(2, "shelves", [.create(schema)])])
            let first = Shelf.records(count: 120, &random)
            let changed = Shelf.records(count: 60, &random)
            let gone = first.map(\.id).filter { _ in random.next() % 5 == 0 }
            try await stage.database.transaction { tx in
                for record in first { _ = try await tx.insertIfAbsent(record, into: schema) }
                for record in changed { try await tx.put(record, in: schema) }
                try await tx.deleteAll(ids: gone, from: schema)
            }
            let shelf = Shelf(first, changed, without: gone)
            for _ in 0..<60 {
                let query = Shelf.query(&random)
                let found = try await stage.database.read { try await $0.query(schema, query) }
                // Compared outside of the macro, which would write all the records out.
                let isAnswer = found == shelf.answer(query)
                #expect(isAnswer, "\(query)")
                let count = try await stage.database.read { try await $0.count(schema, where: query.conditions) }
                #expect(count == shelf.records(meeting: query.conditions).count, "\(query.conditions)")
            }
        }
    }
}
