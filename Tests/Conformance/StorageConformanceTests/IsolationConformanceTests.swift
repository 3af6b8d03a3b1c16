import Kernel
import PlatformTestSupport
import Storage
import Testing

/// What transactions that run at the same time must not do to each other.
@Suite struct IsolationConformanceTests {
    /// Each transaction reads both and changes one of them, so that no row is written by two.
    @Test(arguments: Setting.all) func what_a_transaction_decided_by_still_holds_when_it_commits(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            for round in 0..<10 {
                let ids = ["a\(round)", "b\(round)"]
                for id in ids { try await gadgets.insert(Gadget(id, color: "on duty \(round)")) }
                await withTaskGroup(of: Void.self) { group in
                    for id in ids {
                        group.addTask {
                            _ = try? await stage.database.transaction { tx in
                                let onDuty = try await gadgets.count(
                                    where: [.equal("color", .text("on duty \(round)"))], in: tx)
                                guard onDuty > 1, var gadget = try await gadgets.find(id, in: tx) else { return }
                                gadget.color = "at home"
                                try await gadgets.update(gadget, in: tx)
                            }
                        }
                    }
                }
                #expect(try await gadgets.count(where: [.equal("color", .text("on duty \(round)"))]) == 1)
            }
        }
    }

    @Test(arguments: Setting.all) func of_those_who_insert_the_same_at_once_one_does(setting: Setting) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            let outcomes = Names()
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        do {
                            // Half of them meet in the id, the others in the unique name.
                            let id = index % 2 == 0 ? "same" : "g\(index)"
                            try await gadgets.insert(Gadget(id, name: "taken"))
                            outcomes.add("stored")
                        } catch let error as StorageError {
                            if case .duplicate = error.code {
                                outcomes.add("duplicate")
                            } else {
                                outcomes.add("\(error)")
                            }
                        } catch {
                            outcomes.add("\(error)")
                        }
                    }
                }
            }
            #expect(outcomes.all.count { $0 == "stored" } == 1)
            #expect(outcomes.all.count { $0 == "duplicate" } == 39)
        }
    }

    /// As two relays do that empty one outbox.
    @Test(arguments: Setting.all) func what_two_take_from_one_queue_is_taken_once(setting: Setting) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            try await stage.database.transaction { tx in
                for index in 0..<60 { try await gadgets.insert(Gadget("g\(100 + index)"), in: tx) }
            }
            let other = try stage.openAgain()
            let taken = Names()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for database in [stage.database, other] {
                    group.addTask {
                        while true {
                            let ids = try await database.transaction { tx in
                                let found = try await gadgets.all(Query(limit: 5), in: tx)
                                for gadget in found { try await gadgets.delete(gadget, in: tx) }
                                return found.map(\.id)
                            }
                            for id in ids { taken.add(id) }
                            if ids.isEmpty { return }
                        }
                    }
                }
                try await group.waitForAll()
            }
            await other.close()
            #expect(taken.all.sorted() == (0..<60).map { "g\(100 + $0)" })
        }
    }

    @Test(arguments: Setting.all) func a_reader_sees_one_moment(setting: Setting) async throws {
        try await setting.run { stage in
            let gadgets = stage.gadgets
            for id in ["a", "b"] { try await gadgets.insert(Gadget(id, size: 100)) }
            let writer = stage.loop.start {
                for _ in 0..<50 {
                    try? await stage.database.transaction { tx in
                        for (id, change) in [("a", -1), ("b", 1)] as [(String, Int64)] {
                            guard var gadget = try await gadgets.find(id, in: tx) else { return }
                            gadget.size += change
                            try await gadgets.update(gadget, in: tx)
                        }
                    }
                }
            }
            for _ in 0..<50 {
                let sum = try await stage.database.read { tx in
                    let first = try await gadgets.find("a", in: tx)?.size ?? 0
                    return try await first + (gadgets.find("b", in: tx)?.size ?? 0)
                }
                #expect(sum == 200)
            }
            await writer.value
            #expect(try await gadgets.find("a")?.size == 50)
        }
    }
}
