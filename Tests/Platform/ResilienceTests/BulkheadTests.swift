import Kernel
import Simulation
import Telemetry
import Testing

@testable import Resilience

@Suite struct BulkheadTests {
    let loop = SimulatedLoop(seed: 2)

    func bulkhead(waiting: Int) -> Bulkhead {
        Bulkhead(
            name: "a", maximumConcurrent: 1, maximumWaiting: waiting, maximumWait: .seconds(5), loop: loop,
            metrics: MetricsRegistry())
    }

    @Test func whoever_waits_too_long_leaves_the_queue() throws {
        let bulkhead = bulkhead(waiting: 1)
        let loop = loop
        let rejection = try loop.run { () async -> Bulkhead.Rejection? in
            try? await bulkhead.acquire()
            return await bulkhead.rejection()
        }
        #expect(rejection == .waitedTooLong)
        #expect(loop.uptime == .seconds(5))
        #expect(bulkhead.counts == (running: 1, waiting: 0))
    }

    @Test func whoever_is_cancelled_leaves_the_queue() throws {
        let bulkhead = bulkhead(waiting: 1)
        let loop = loop
        let rejection = try loop.run { () async -> Bulkhead.Rejection? in
            try? await bulkhead.acquire()
            return await withTaskGroup(of: Bulkhead.Rejection?.self) { group in
                group.addTask {
                    return await bulkhead.rejection()
                }
                try? await loop.sleep(for: .seconds(1))
                group.cancelAll()
                return await group.next() ?? nil
            }
        }
        #expect(rejection == .cancelled)
        #expect(bulkhead.counts == (running: 1, waiting: 0))
    }

    @Test(arguments: 0..<50)
    func no_turn_is_lost_whatever_ends_the_waiting(seed: UInt64) throws {
        let loop = SimulatedLoop(seed: seed)
        let bulkhead = Bulkhead(
            name: "a", maximumConcurrent: 2, maximumWaiting: 8, maximumWait: .milliseconds(20), loop: loop,
            metrics: MetricsRegistry())
        let admitted = try loop.run { () async -> Int in
            await withTaskGroup(of: Bool.self) { group in
                for index in 0..<30 {
                    group.addTask {
                        try? await loop.sleep(for: .milliseconds(index))
                        do { try await bulkhead.acquire() } catch { return false }
                        try? await loop.sleep(for: .milliseconds(Int64(loop.random() % 15)))
                        bulkhead.release()
                        return true
                    }
                }
                try? await loop.sleep(for: .milliseconds(Int64(loop.random() % 40)))
                group.cancelAll()
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
        }
        #expect(admitted >= 1)
        #expect(bulkhead.counts == (running: 0, waiting: 0))
    }
}

extension Bulkhead {
    /// Why there is no turn; `nil` when there is one.
    fileprivate func rejection() async -> Rejection? {
        do { try await acquire() } catch { return error }
        return nil
    }
}
