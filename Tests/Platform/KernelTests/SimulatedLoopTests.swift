import Kernel
import Simulation
import Synchronization
import Testing

@Suite struct SimulatedLoopTests {
    @Test func a_seed_replays_and_another_seed_takes_another_order() throws {
        let orders = try [1, 1, 2].map { try order(seed: $0) }
        #expect(orders[0] == orders[1])
        #expect(orders[0] != orders[2])
        #expect(orders[0].sorted() == Array(0..<20))
    }

    @Test func time_jumps_to_the_next_timer() throws {
        let loop = SimulatedLoop(seed: 7)
        let before = loop.now
        try loop.run { try await loop.sleep(for: .seconds(3600)) }
        #expect(loop.now - before == .seconds(3600))
    }

    @Test func a_cancelled_sleep_ends_at_once() throws {
        let loop = SimulatedLoop(seed: 7)
        try loop.run {
            let sleeper = loop.start { try? await loop.sleep(for: .seconds(3600)) }
            sleeper.cancel()
            await sleeper.value
        }
        #expect(loop.uptime < .seconds(3600))
    }

    @Test func a_signal_raised_before_the_wait_is_not_lost() throws {
        let loop = SimulatedLoop(seed: 7)
        try loop.run {
            let signal = Signal()
            signal.raise()
            await signal.wait(on: loop)
        }
    }

    @Test func a_signal_wait_ends_at_its_limit() throws {
        let loop = SimulatedLoop(seed: 7)
        try loop.run { await Signal().wait(on: loop, atMost: .seconds(5)) }
        #expect(loop.uptime == .seconds(5))
    }

    @Test func a_task_that_waits_for_nothing_is_reported_as_stuck() {
        let loop = SimulatedLoop(seed: 7)
        #expect(throws: SimulatedLoop.Stuck.self) { try loop.run { await Signal().wait(on: loop) } }
    }

    @Test func identifiers_sort_by_the_time_they_were_made() throws {
        let loop = SimulatedLoop(seed: 7)
        let made = try loop.run {
            let generator = IdentifierGenerator(loop: loop)
            var made: [String] = []
            for index in 0..<100 {
                if index % 10 == 0 { try await loop.sleep(for: .milliseconds(1)) }
                made.append(generator.next("ORD-"))
            }
            return made
        }
        #expect(made == made.sorted())
        #expect(Set(made).count == 100)
        #expect(made.allSatisfy { $0.utf8.count == 30 })
    }

    private func order(seed: UInt64) throws -> [Int] {
        let loop = SimulatedLoop(seed: seed)
        return try loop.run {
            let seen = Log()
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        await Task.yield()
                        seen.numbers.withLock { $0.append(index) }
                    }
                }
            }
            return seen.numbers.withLock { $0 }
        }
    }
}

private final class Log: Sendable {
    let numbers = Mutex<[Int]>([])
}
