import PlatformTestSupport
import Storage
import Synchronization
import Testing

@Suite struct TransactionConformanceTests {
    @Test(arguments: Setting.all) func a_body_that_throws_leaves_nothing(setting: Setting) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            await expectRefusal {
                try await stage.database.transaction { tx in
                    try await gadgets.insert(Gadget("g1"), in: tx)
                    throw Refused()
                }
            }
            let count = try await gadgets.count()
            #expect(count == 0)
        }
    }

    /// Whatever a driver remembers of what the transaction itself has written.
    @Test(arguments: Setting.all) func what_comes_and_goes_within_a_transaction_is_updated_as_it_is(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            @Sendable func first(_ id: String, _ color: String) -> Gadget {
                var gadget = Gadget(id, color: color)
                gadget.version = 1
                return gadget
            }
            let refusals = try await stage.database.transaction { tx in
                var refusals: [StorageError.Code] = []
                _ = try await gadgets.insertIfAbsent(Gadget("again"), in: tx)
                try await gadgets.delete(id: "again", in: tx)
                _ = try await gadgets.insertIfAbsent(Gadget("again"), in: tx)
                try await gadgets.update(first("again", "new"), in: tx)

                _ = try await gadgets.insertIfAbsent(Gadget("gone"), in: tx)
                try await gadgets.delete(id: "gone", in: tx)
                do {
                    try await gadgets.update(first("gone", "new"), in: tx)
                } catch let error as StorageError {
                    refusals.append(error.code)
                }

                _ = try? await tx.savepoint { tx in
                    _ = try await gadgets.insertIfAbsent(Gadget("undone"), in: tx)
                    throw Refused()
                }
                _ = try await gadgets.insertIfAbsent(Gadget("undone"), in: tx)
                let second = try await gadgets.update(first("undone", "new"), in: tx)
                try await gadgets.update(second, in: tx)
                return refusals
            }
            #expect(refusals == [.versionConflict])
            let found = try await gadgets.all(Query(limit: 9)).map { "\($0.id) \($0.version) \($0.color ?? "")" }
            #expect(found == ["again 2 new", "undone 3 new"])
        }
    }

    @Test(arguments: Setting.all) func a_failing_savepoint_undoes_only_itself(setting: Setting) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            try await stage.database.transaction { tx in
                try await gadgets.insert(Gadget("outer"), in: tx)
                await expectRefusal {
                    try await tx.savepoint { tx in
                        try await gadgets.insert(Gadget("lost"), in: tx)
                        _ = try await tx.savepoint { try await gadgets.insert(Gadget("lost too"), in: $0) }
                        throw Refused()
                    }
                }
                _ = try await tx.savepoint { try await gadgets.insert(Gadget("inner"), in: $0) }
            }
            #expect(try await gadgets.all(Query(limit: 9)).map(\.id) == ["inner", "outer"])
        }
    }

    @Test(arguments: Setting.all) func hooks_run_after_the_commit_of_what_they_belong_to(setting: Setting) async throws
    {
        try await setting.run { stage in
            let ran = Names()
            try await stage.database.transaction { tx in
                tx.afterCommit { ran.add("kept") }
                try? await tx.savepoint { tx in
                    tx.afterCommit { ran.add("undone") }
                    throw Refused()
                }
                #expect(ran.all.isEmpty)
            }
            try? await stage.database.transaction { tx in
                tx.afterCommit { ran.add("failed") }
                throw Refused()
            }
            try await eventually(on: stage.loop) { !ran.all.isEmpty }
            #expect(ran.all == ["kept"])
        }
    }

    @Test(arguments: Setting.all) func records_that_meet_conditions_are_deleted_in_order_up_to_the_limit(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let schema = Gadget.collection.schema
            for size in 1...5 {
                try await stage.gadgets.insert(Gadget("g\(size)", color: size == 5 ? "red" : "blue", size: Int64(size)))
            }
            let blue = [Condition.equal("color", "blue")]
            let deleted = try await stage.database.transaction { tx in
                try await tx.deleteAll(where: blue, sort: [Sort("size", descending: true)], limit: 2, from: schema)
            }
            #expect(deleted == 2)
            let left = try await stage.gadgets.all(Query(limit: 9)).map(\.id)
            #expect(left == ["g1", "g2", "g5"])
            try await stage.database.transaction { tx in try await tx.deleteAll(where: blue, from: schema) }
            #expect(try await stage.gadgets.all(Query(limit: 9)).map(\.id) == ["g5"])
        }
    }

    @Test(arguments: Setting.all) func concurrent_transactions_lose_no_update_and_fail_alone(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            try await gadgets.insert(Gadget("counter"))
            let failures = Names()
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<100 {
                    group.addTask {
                        do {
                            try await stage.database.transaction { tx in
                                var counter = try #require(try await gadgets.find("counter", in: tx))
                                counter.size += 1
                                try await gadgets.update(counter, in: tx)
                                if index % 5 == 0 { throw Refused() }
                            }
                        } catch {
                            failures.add("\(index)")
                        }
                    }
                }
            }
            #expect(try await gadgets.find("counter")?.size == 80)
            #expect(failures.all.count == 20)
        }
    }

    @Test(arguments: Setting.all) func a_transaction_sees_its_own_writes_and_readers_only_committed_ones(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            try await stage.database.transaction { tx in
                try await gadgets.insert(Gadget("g1"), in: tx)
                #expect(try await gadgets.find("g1", in: tx) != nil)
            }
            #expect(try await gadgets.find("g1") != nil)
        }
    }

    @Test(arguments: Setting.all) func records_are_put_inserted_once_and_deleted_in_bulk(setting: Setting) async throws
    {
        try await setting.run { stage in
            let schema = CollectionSchema(
                name: "gadgets", fields: Gadget.collection.schema.fields)
            let record = Record(
                id: "r", version: 1, document: [], fields: ["one", nil, 1, nil, true])
            let counts = try await stage.database.transaction { tx in
                let first = try await tx.insertIfAbsent(record, into: schema)
                let second = try await tx.insertIfAbsent(record, into: schema)
                var other = record
                other.version = 9
                other.fields[2] = 5
                try await tx.put(other, in: schema)
                #expect(try await tx.find(schema, id: "r") == other)
                try await tx.deleteAll(ids: ["r", "none"], from: schema)
                return (first, second, try await tx.count(schema, where: []))
            }
            #expect(counts == (true, false, 0))
        }
    }

    @Test(arguments: Setting.all) func what_was_committed_is_there_after_a_close(setting: Setting) async throws {
        try await setting.run { stage in
            try await stage.gadgets.insert(Gadget("g1"))
            await stage.database.close()
            await expect(code: .closed) { try await stage.gadgets.insert(Gadget("g2")) }
            let again = try stage.openAgain()
            try await again.migrate(Gadget.migrations)
            #expect(try await Repository<Gadget>(again).find("g1") != nil)
            await again.close()
        }
    }

    @Test(arguments: Setting.all) func two_that_share_a_database_see_each_other_and_lose_nothing(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let other = try stage.openAgain()
            try await stage.gadgets.insert(Gadget("counter"))
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<60 {
                    let gadgets = Repository<Gadget>(index % 2 == 0 ? stage.database : other)
                    group.addTask {
                        try? await gadgets.database.transaction { tx in
                            var counter = try #require(try await gadgets.find("counter", in: tx))
                            counter.size += 1
                            try await gadgets.update(counter, in: tx)
                        }
                    }
                }
            }
            #expect(try await Repository<Gadget>(other).find("counter")?.size == 60)
            #expect(try await stage.gadgets.find("counter")?.size == 60)
            await other.close()
        }
    }

    @Test(arguments: Setting.all) func an_open_database_passes_its_check(setting: Setting) async throws {
        try await setting.run { try await $0.database.check() }
    }
}

final class Names: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { $0.append(name) } }
    func clear() { names.withLock { $0 = [] } }
}
