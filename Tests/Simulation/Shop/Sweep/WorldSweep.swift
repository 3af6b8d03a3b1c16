import Kernel
import Simulation
import Synchronization

/// Crashes the whole world at every step and around every commit of one run, and restarts it on what was durable.
///
/// The run is made once. At each point its files are copied, which is what `kill -9` of everything would leave, and
/// another world is started on the copy while the first one waits. Points between which no file, no time and no answer
/// to the customer changed have the same restart to the byte; it is run once.
struct WorldSweep {
    private struct Sameness: Hashable {
        let durable: SimulatedShop.DurableMark
        let now: Timestamp
        let memory: SimulatedShop.Memory
    }
    fileprivate struct Crash {
        let point: CrashPoint
        let folder: WorldFolder
        let durable: SimulatedShop.DurableMark
        let now: Timestamp
    }
    let scenario: Scenario
    let seed: UInt64

    func run() throws -> SweepReport {
        var report = SweepReport()
        var seen: Set<Sameness> = []
        let shop = try SimulatedShop(scenario, seed: seed)
        let inside = Crashes()
        shop.watch.set { [folder = shop.folder, loop = shop.loop, watch = shop.watch] _, moment in
            guard let copy = try? folder.copy() else { return }
            inside.add(
                moment, step: loop.steps + 1, copy, .init(commits: watch.commits, messages: folder.messages), loop.now)
        }
        try shop.open()
        while shop.loop.uptime < .seconds(240), !report.isHopeless {
            let memory = shop.memory
            for crash in inside.take() {
                report.points += 1
                // Nobody is told in the middle of a step: after a commit the world is what the end of the step leaves.
                if crash.point.isAfterCommit {
                    seen.insert(Sameness(durable: crash.durable, now: crash.now, memory: memory))
                }
                try restart(crash, memory, &report)
            }
            report.points += 1
            let now = Sameness(durable: shop.durableMark, now: shop.loop.now, memory: memory)
            if seen.insert(now).inserted {
                let point = CrashPoint(step: shop.loop.steps, place: .afterStep)
                let crash = Crash(
                    point: point, folder: try shop.folder.copy(), durable: now.durable, now: shop.loop.now)
                try restart(crash, memory, &report)
            }
            // Judged at every step: what must never be may last for one commit only.
            let isSettled = try shop.openMatters().isEmpty
            if isSettled, shop.loop.steps % 50 == 0 { break }
            guard shop.loop.step() else { throw SimulatedShop.Fault(description: "the world stands still") }
        }
        shop.watch.set(nil)
        if !report.isHopeless { try shop.settle() }
        try shop.close()
        return report
    }

    private func restart(
        _ crash: Crash, _ memory: SimulatedShop.Memory, _ report: inout SweepReport
    ) throws {
        defer { crash.folder.remove() }
        if let step = Environment.step, step != crash.point.step { return }
        report.restarts += 1
        do {
            // Another seed than the one that has died: a restarted process draws other identifiers.
            let shop = try SimulatedShop(
                scenario, seed: seed &* 1_000_003 &+ UInt64(crash.point.step), folder: crash.folder,
                startingAt: crash.now + .milliseconds(500))
            try shop.open(remembering: memory)
            try shop.settle()
            try shop.repeatPurchases()
            try shop.close()
        } catch {
            report.fail(scenario, seed: seed, crash.point, of: nil, error)
        }
    }
}

/// Crash points that lie inside of the step that is being made.
private final class Crashes: Sendable {
    private struct State {
        var waiting: [WorldSweep.Crash] = []
        var commits = 0
    }
    private let state = Mutex(State())

    func add(
        _ moment: SimulatedShop.Moment, step: Int, _ folder: WorldFolder, _ durable: SimulatedShop.DurableMark,
        _ now: Timestamp
    ) {
        state.withLock { state in
            if moment == .beforeCommit { state.commits += 1 }
            let place: CrashPoint.Place =
                moment == .beforeCommit ? .beforeCommit(state.commits) : .afterCommit(state.commits)
            state.waiting.append(
                .init(point: CrashPoint(step: step, place: place), folder: folder, durable: durable, now: now))
        }
    }

    func take() -> [WorldSweep.Crash] {
        state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
    }
}
