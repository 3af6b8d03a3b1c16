import Kernel
import PlatformTestSupport
import Storage
import Synchronization
import Testing

@Suite struct ScanGateTests {
    /// Runs scans of one second each at the gate and tells what became of them, in the order of their numbers.
    private static func outcomes(
        _ limits: ReadLimits, _ scans: [Bool], taking time: Duration = .seconds(1)
    ) async throws -> [String] {
        try await LoopKind.simulated.run { loop in
            let gate = ScanGate(limits, loop: loop)
            let outcomes = Collected<[Int: String]>([:])
            let began = loop.uptime
            await withTaskGroup(of: Void.self) { group in
                for (number, isIndexed) in scans.enumerated() {
                    group.addTask {
                        // In the order of their numbers.
                        try? await loop.sleep(for: .milliseconds(number))
                        let outcome: String
                        do {
                            let told = try await gate.run(isIndexed: isIndexed) { place, stop in
                                try? await loop.sleep(for: time)
                                return stop.reason == nil ? "\(place)" : "stopped"
                            }
                            outcome = "\(told) after \((loop.uptime - began).components.seconds) s"
                        } catch {
                            outcome = "\((error as? StorageError).map { "\($0.code)" } ?? "\(error)")"
                        }
                        outcomes.value.withLock { $0[number] = outcome }
                    }
                }
            }
            let found = outcomes.value.withLock { $0 }
            return scans.indices.map { found[$0] ?? "" }
        }
    }

    @Test func as_many_run_as_there_are_places_and_the_others_wait() async throws {
        var limits = ReadLimits()
        (limits.scans, limits.waitingScans) = (2, 10)
        #expect(
            try await Self.outcomes(limits, [true, true, true, true]) == [
                "0 after 1 s", "1 after 1 s", "0 after 2 s", "1 after 2 s",
            ])
    }

    @Test func those_that_no_index_answers_leave_a_place() async throws {
        var limits = ReadLimits()
        (limits.scans, limits.waitingScans) = (2, 10)
        #expect(
            try await Self.outcomes(limits, [false, false, true]) == ["0 after 1 s", "0 after 2 s", "1 after 1 s"])
    }

    @Test func the_excess_is_refused() async throws {
        var limits = ReadLimits()
        (limits.scans, limits.waitingScans) = (1, 1)
        #expect(try await Self.outcomes(limits, [true, true, true]) == ["0 after 1 s", "0 after 2 s", "overloaded"])
    }

    @Test func whoever_waits_too_long_is_refused() async throws {
        var limits = ReadLimits()
        (limits.scans, limits.waitingScans, limits.scanTime) = (1, 10, .milliseconds(1500))
        #expect(
            try await Self.outcomes(limits, [true, true, true]) == ["0 after 1 s", "0 after 2 s", "overloaded"])
    }

    @Test func one_that_takes_too_long_is_told_to_stop() async throws {
        var limits = ReadLimits()
        limits.scanTime = .milliseconds(500)
        #expect(try await Self.outcomes(limits, [true]) == ["stopped after 1 s"])
    }

    @Test func one_that_is_cancelled_while_it_waits_gives_its_turn_away() async throws {
        try await LoopKind.simulated.run { loop in
            var limits = ReadLimits()
            limits.scans = 1
            let gate = ScanGate(limits, loop: loop)
            let first = loop.start {
                _ = try? await gate.run(isIndexed: true) { _, _ in try await loop.sleep(for: .seconds(1)) }
            }
            try await loop.sleep(for: .milliseconds(10))
            let second = loop.start {
                await #expect(throws: CancellationError.self) { try await gate.run(isIndexed: true) { _, _ in } }
            }
            try await loop.sleep(for: .milliseconds(10))
            second.cancel()
            await second.value
            #expect(loop.uptime < .seconds(1))
            try await gate.run(isIndexed: true) { place, _ in #expect(place == 0) }
            await first.value
        }
    }

    @Test func what_an_index_answers_is_known() {
        func query(_ sort: [Sort] = [], _ conditions: [Condition] = [], offset: Int = 0) -> Bool {
            Query(where: conditions, sort: sort, limit: 20, offset: offset).isIndexed(in: LoadedTable.schema)
        }
        #expect(query())
        #expect(query([Sort("id", descending: true)]))
        #expect(query([Sort("day")]))
        #expect(query([Sort("day")], [.greaterOrEqual("day", 1), .less("day", 5)]))
        #expect(!query([Sort("weight")], [.greaterOrEqual("day", 1)]))
        #expect(!query([Sort("day")], [.notEqual("day", 1)]))
        #expect(!query([Sort("weight")]))
        #expect(!query([Sort("day"), Sort("weight")]))
        #expect(!query(offset: 1_000_000))
        #expect(query([], [.equal("day", 3)]))
        #expect(!query([], [.equal("weight", 3)]))
        #expect(!query([Sort("weight")], [.equal("day", 3)]))
        #expect(LoadedTable.schema.indexedFields == "id, day")
    }
}
