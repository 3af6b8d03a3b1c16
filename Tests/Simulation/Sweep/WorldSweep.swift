import Kernel
import Runtime
import Synchronization

/// Crashes the whole world at every step and around every commit of one run, and restarts it on what was durable.
///
/// The run is made once. At each point its files are copied, which is what `kill -9` of everything would leave, and
/// another world is started on the copy while the first one waits. Points between which no file, no time and no answer
/// to the customer changed have the same restart to the byte; it is run once.
struct WorldSweep {
    private struct Sameness: Hashable {
        let commits: Int
        let mails: [String]
        let now: Timestamp
        let isAnswered: Bool
    }
    private struct Crash {
        let point: CrashPoint
        let folder: WorldFolder
        let now: Timestamp
        let answer: Customer.Answer?
    }
    let scenario: Scenario
    let seed: UInt64

    func run() throws -> SweepReport {
        var report = SweepReport()
        var seen: Set<Sameness> = []
        let shop = try SimulatedShop(scenario, seed: seed)
        let inside = Crashes()
        shop.watch.set { [folder = shop.folder, loop = shop.loop] _, moment in
            inside.add(step: loop.steps + 1, moment, try? folder.copy(), loop.now)
        }
        shop.open()
        while shop.loop.uptime < .seconds(240), !report.isHopeless {
            let answer = shop.customers[0].answers.first
            for (point, folder, now) in inside.take() {
                report.points += 1
                try restart(Crash(point: point, folder: folder, now: now, answer: answer), &report)
            }
            report.points += 1
            let sameness = Sameness(
                commits: shop.watch.commits, mails: shop.folder.names(in: "email-outbox"), now: shop.loop.now,
                isAnswered: answer != nil)
            if seen.insert(sameness).inserted {
                let point = CrashPoint(step: shop.loop.steps, place: .afterStep)
                let folder = try shop.folder.copy()
                try restart(Crash(point: point, folder: folder, now: shop.loop.now, answer: answer), &report)
            }
            if shop.loop.steps % 50 == 0, try shop.openMatters().isEmpty { break }
            guard shop.loop.step() else { throw SimulatedShop.Fault(description: "the world stands still") }
        }
        shop.watch.set(nil)
        if !report.isHopeless { try shop.settle() }
        try shop.close()
        return report
    }

    private func restart(_ crash: Crash, _ report: inout SweepReport) throws {
        defer { crash.folder.remove() }
        if let step = Environment.step, step != crash.point.step { return }
        report.restarts += 1
        do {
            // Another seed than the one that has died: a restarted process draws other identifiers.
            let shop = try SimulatedShop(
                scenario, seed: seed &* 1_000_003 &+ UInt64(crash.point.step), folder: crash.folder,
                startingAt: crash.now + .milliseconds(500))
            shop.open(answers: [crash.answer])
            try shop.settle()
            try shop.repeatOrders()
            try shop.close()
        } catch {
            report.fail(scenario, seed: seed, crash.point, of: nil, error)
        }
    }
}

/// Crash points that lie inside of the step that is being made.
private final class Crashes: Sendable {
    private struct State {
        var waiting: [(CrashPoint, WorldFolder, Timestamp)] = []
        var commits = 0
    }
    private let state = Mutex(State())

    func add(step: Int, _ moment: SimulatedShop.Moment, _ folder: WorldFolder?, _ now: Timestamp) {
        guard let folder else { return }
        state.withLock { state in
            if moment == .beforeCommit { state.commits += 1 }
            let place: CrashPoint.Place =
                moment == .beforeCommit ? .beforeCommit(state.commits) : .afterCommit(state.commits)
            state.waiting.append((CrashPoint(step: step, place: place), folder, now))
        }
    }

    func take() -> [(CrashPoint, WorldFolder, Timestamp)] {
        state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
    }
}
