import Kernel
import PlatformTestSupport
import Storage
import StorageLMDB
import Synchronization
import Testing

/// Lists that take long, and what runs beside them.
@Suite(.serialized) struct ScanTests {
    private static let embedded: [StorageEngine] = [.sqlite, .lmdb]

    private static func outcome(_ body: () async throws -> Void) async -> StorageError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StorageError)?.code
        }
    }

    @Test(arguments: embedded) func four_slow_lists_hold_up_nothing_else(engine: StorageEngine) async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            var limits = ReadLimits()
            limits.scanTime = .seconds(3)
            let database = try await LoadedTable.open(engine, rows: 200_000, limits: limits, directory, loop)
            let running = Collected(0)
            let outcomes = Collected<[StorageError.Code?]>([])
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let outcome = await Self.outcome {
                            try await database.read(.scan(isIndexed: false)) { tx in
                                running.value.withLock { $0 += 1 }
                                try await LoadedTable.endlessScan(tx)
                            }
                        }
                        outcomes.value.withLock { $0.append(outcome) }
                    }
                }
                group.addTask {
                    var longest = Duration.zero
                    let end = loop.uptime + .seconds(2)
                    while loop.uptime < end {
                        let start = loop.uptime
                        let found = try? await database.read { tx in
                            try await tx.find(LoadedTable.schema, id: LoadedTable.id(77_777))
                        }
                        #expect(found != nil)
                        #expect((try? await database.check()) != nil)
                        _ = try? await database.read(.vital) { tx in
                            try await tx.query(LoadedTable.schema, Query(sort: [Sort("id")], limit: 256))
                        }
                        // A list that an index answers has a place of its own.
                        _ = try? await database.read(.scan(isIndexed: true)) { tx in
                            try await tx.query(LoadedTable.schema, Query(sort: [Sort("id")], limit: 20))
                        }
                        longest = max(longest, loop.uptime - start)
                        try? await loop.sleep(for: .milliseconds(5))
                    }
                    #expect(longest < .milliseconds(800), "\(engine): \(longest)")
                }
            }
            // One runs at a time; a second one has its turn when the first is stopped, or waits too long.
            #expect(running.value.withLock { $0 } >= 1)
            #expect(outcomes.value.withLock { $0 }.allSatisfy { $0 == .tooSlow || $0 == .overloaded })
            await database.close()
        }
    }

    @Test(arguments: StorageEngine.all) func a_list_that_runs_over_its_time_is_stopped(
        engine: StorageEngine
    ) async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            var limits = ReadLimits()
            limits.scanTime = .milliseconds(1)
            let database = try await LoadedTable.open(engine, rows: 6_000, limits: limits, directory, loop)
            let scan = await Self.outcome {
                try await database.read(.scan(isIndexed: false), LoadedTable.endlessScan)
            }
            #expect(scan == .tooSlow)
            // Neither the next one nor other reads have anything of it.
            let found = try await database.read { tx in
                try await tx.query(LoadedTable.schema, LoadedTable.heavy).count
            }
            #expect(found == 20)
            await database.close()
        }
    }

    @Test(arguments: embedded) func a_list_that_nobody_waits_for_any_more_ends(engine: StorageEngine) async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            var limits = ReadLimits()
            (limits.scans, limits.scanTime) = (1, .seconds(60))
            let database = try await LoadedTable.open(engine, rows: 20_000, limits: limits, directory, loop)
            let begun = Signal()
            let ended = Signal()
            let reader = loop.start {
                _ = await Self.outcome {
                    try await database.read(.scan(isIndexed: false)) { tx in
                        begun.raise()
                        try await LoadedTable.endlessScan(tx)
                    }
                }
                ended.raise()
            }
            await begun.wait(on: loop, atMost: .seconds(20))
            let start = loop.uptime
            reader.cancel()
            await ended.wait(on: loop, atMost: .seconds(20))
            #expect(loop.uptime - start < .seconds(2))
            let rows = try await database.read(.scan(isIndexed: false)) { tx in
                try await tx.query(LoadedTable.schema, LoadedTable.heavy)
            }
            #expect(rows.count == 20)
            await database.close()
        }
    }

    @Test(arguments: embedded) func a_stop_ends_lists_and_lets_look_ups_go_on(engine: StorageEngine) async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            var limits = ReadLimits()
            limits.scanTime = .seconds(60)
            let database = try await LoadedTable.open(engine, rows: 20_000, limits: limits, directory, loop)
            let begun = Signal()
            async let running = Self.outcome {
                try await database.read(.scan(isIndexed: false)) { tx in
                    begun.raise()
                    try await LoadedTable.endlessScan(tx)
                }
            }
            await begun.wait(on: loop, atMost: .seconds(20))
            async let waiting = Self.outcome {
                try await database.read(.scan(isIndexed: false), LoadedTable.endlessScan)
            }
            try await loop.sleep(for: .milliseconds(20))
            database.endScans()
            #expect(await running == .overloaded)
            #expect(await waiting == .overloaded)
            let late = await Self.outcome { try await database.read(.scan(isIndexed: true), LoadedTable.endlessScan) }
            #expect(late == .overloaded)
            let found = try await database.read { tx in
                try await tx.find(LoadedTable.schema, id: LoadedTable.id(1))
            }
            #expect(found != nil)
            await database.close()
        }
    }

    @Test func a_map_that_has_to_grow_does_not_wait_for_a_list() async throws {
        try await LoopKind.threads.run { loop in
            let directory = TemporaryDirectory()
            var limits = ReadLimits()
            limits.scanTime = .seconds(5)
            let database = try await LoadedTable.open(.lmdb, rows: 20_000, limits: limits, directory, loop)
            async let list = Self.outcome {
                try await database.read(.scan(isIndexed: false), LoadedTable.endlessScan)
            }
            let start = loop.uptime
            // Twice the map that a new environment has.
            let content = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
            for number in 0..<140 {
                try await database.transaction { tx in
                    let record = Record(id: "big-\(number)", version: 1, document: content, fields: [0, 0])
                    try await tx.insert(record, into: LoadedTable.schema)
                }
            }
            #expect(loop.uptime - start < .seconds(4))
            #expect(await list == .tooSlow)
            await database.close()
        }
    }
}
