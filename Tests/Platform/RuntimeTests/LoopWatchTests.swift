import Kernel
import Runtime
import Synchronization
import Testing

@Suite struct LoopWatchTests {
    private final class Reports: Sendable {
        let stalls = Mutex<[(Duration, String)]>([])
        let hangs = Mutex<[(Duration, String)]>([])
    }

    private func watch(_ loop: EventLoop, hang: Duration, _ reports: Reports) -> LoopWatch {
        LoopWatch(
            loop, stall: .milliseconds(50), hang: hang, period: .milliseconds(5),
            onStall: { length, work in reports.stalls.withLock { $0.append((length, work)) } },
            onHang: { length, work in reports.hangs.withLock { $0.append((length, work)) } })
    }

    /// Keeps the loop's thread busy until the condition holds, ten seconds at most.
    private func block(_ loop: EventLoop, naming work: String, until condition: @escaping @Sendable () -> Bool) async {
        await withCheckedContinuation { continuation in
            loop.execute {
                loop.note(work)
                let end = loop.uptime + .seconds(10)
                while !condition(), loop.uptime < end {}
                continuation.resume()
            }
        }
    }

    @Test func a_long_turn_is_told_while_it_lasts_and_measured() async {
        let loop = EventLoop(name: "loop")
        loop.start()
        let reports = Reports()
        let watch = watch(loop, hang: .seconds(60), reports)
        watch.start()
        await block(loop, naming: "/products/1") { !reports.stalls.withLock { $0.isEmpty } }
        let stalls = reports.stalls.withLock { $0 }
        #expect(stalls.count == 1 && stalls[0].0 > .milliseconds(50) && stalls[0].1 == "/products/1")
        #expect(watch.longestTurn > .milliseconds(50))
        #expect(reports.hangs.withLock { $0.isEmpty })
        watch.stop()
        loop.stop()
    }

    @Test func a_turn_without_end_is_told() async {
        let loop = EventLoop(name: "loop")
        loop.start()
        let reports = Reports()
        let watch = watch(loop, hang: .milliseconds(200), reports)
        watch.start()
        await block(loop, naming: "forever") { !reports.hangs.withLock { $0.isEmpty } }
        #expect(reports.hangs.withLock { $0.first?.0 ?? .zero } > .milliseconds(200))
        watch.stop()
        loop.stop()
    }

    /// A loop that sleeps is no loop that hangs.
    @Test func sleep_is_no_turn() async throws {
        let loop = EventLoop(name: "loop")
        loop.start()
        let reports = Reports()
        let watch = watch(loop, hang: .milliseconds(100), reports)
        watch.start()
        try await loop.sleep(for: .milliseconds(300))
        #expect(reports.stalls.withLock { $0.isEmpty } && reports.hangs.withLock { $0.isEmpty })
        watch.stop()
        loop.stop()
    }

    @Test func an_end_that_does_not_come_is_told() async throws {
        let loop = EventLoop(name: "loop")
        loop.start()
        let reports = Reports()
        let watch = watch(loop, hang: .seconds(60), reports)
        watch.start()
        watch.expectEnd(within: .milliseconds(20), turn: .seconds(60))
        let end = loop.uptime + .seconds(10)
        while reports.hangs.withLock({ $0.isEmpty }), loop.uptime < end { await Task.yield() }
        #expect(reports.hangs.withLock { !$0.isEmpty })
        watch.stop()
        loop.stop()
    }

    @Test func once_an_end_is_expected_a_turn_longer_than_the_grace_is_a_hang() async {
        let loop = EventLoop(name: "loop")
        loop.start()
        let reports = Reports()
        let watch = watch(loop, hang: .seconds(60), reports)
        watch.start()
        watch.expectEnd(within: .seconds(60), turn: .milliseconds(200))
        await block(loop, naming: "stuck") { !reports.hangs.withLock { $0.isEmpty } }
        let hang = reports.hangs.withLock { $0.first }
        #expect(hang?.0 ?? .zero > .milliseconds(200) && hang?.1 == "stuck")
        watch.stop()
        loop.stop()
    }

    /// With a grace of nothing, every turn of the stop would be one.
    @Test func a_turn_that_is_no_stall_is_no_hang_whatever_the_grace() async throws {
        let loop = EventLoop(name: "loop")
        loop.start()
        let reports = Reports()
        let watch = LoopWatch(
            loop, stall: .seconds(30), hang: .seconds(60), period: .milliseconds(5), onStall: { _, _ in },
            onHang: { length, work in reports.hangs.withLock { $0.append((length, work)) } })
        watch.start()
        watch.expectEnd(within: .seconds(60), turn: .zero)
        let end = loop.uptime + .milliseconds(200)
        await block(loop, naming: "short") { loop.uptime > end }
        #expect(reports.hangs.withLock { $0.isEmpty })
        watch.stop()
        loop.stop()
    }
}
