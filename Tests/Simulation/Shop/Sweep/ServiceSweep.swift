import Kernel
import Simulation
import Synchronization

/// Kills one service at every step that it takes part in and around each of its commits, while the others live on, and
/// restarts it after a while.
///
/// Each point is a run of its own from the begin, because what lives in the others' memory cannot be copied. Points
/// between two steps of the service differ in nothing that the service or its disk knows, and the others touch it by
/// its steps only: the first and the last of such points stand for those between.
struct ServiceSweep {
    let scenario: Scenario
    let seed: UInt64
    let service: String
    private static let downtimes: [Duration] = [.milliseconds(10), .seconds(2), .seconds(7), .seconds(13)]

    func run() throws -> SweepReport {
        var report = SweepReport()
        for point in try points() where Environment.step.map({ $0 == point.step }) ?? true {
            guard !report.isHopeless else { break }
            report.points += 1
            report.restarts += 1
            do {
                try run(to: point, number: report.points)
            } catch {
                report.fail(scenario, seed: seed, point, of: service, error)
            }
        }
        return report
    }

    /// The points of a run without a crash, up to where everything is settled.
    private func points() throws -> [CrashPoint] {
        let shop = try SimulatedShop(scenario, seed: seed)
        let counter = CommitCounter(service)
        var points: [CrashPoint] = []
        shop.watch.set { node, moment in counter.count(node, moment) }
        try shop.open()
        while shop.loop.uptime < .seconds(240) {
            let before = shop.loop.steps
            guard shop.loop.step() else { throw SimulatedShop.Fault(description: "the world stands still") }
            let places = counter.take()
            if shop.loop.lastNode?.name == service {
                points.append(CrashPoint(step: before, place: .afterStep))
                points += places.map { CrashPoint(step: shop.loop.steps, place: $0) }
                points.append(CrashPoint(step: shop.loop.steps, place: .afterStep))
            }
            if shop.loop.steps % 50 == 0, try shop.openMatters().isEmpty { break }
        }
        shop.watch.set(nil)
        try shop.close()
        var seen: Set<CrashPoint> = []
        return points.filter { seen.insert($0).inserted }
    }

    private func run(to point: CrashPoint, number: Int) throws {
        let shop = try SimulatedShop(scenario, seed: seed)
        try shop.open()
        let ending = SimulatedNetwork.Ending.allCases[number % 2]
        let last = point.place == .afterStep ? point.step : point.step - 1
        while shop.loop.steps < last { _ = shop.loop.step() }
        if point.place == .afterStep {
            shop.kill(service, ending)
        } else {
            killInside(shop, point, ending)
        }
        try shop.run(for: Self.downtimes[number / 2 % Self.downtimes.count])
        shop.restart(service)
        try shop.settle()
        try shop.repeatPurchases()
        try shop.close()
    }

    private func killInside(_ shop: SimulatedShop, _ point: CrashPoint, _ ending: SimulatedNetwork.Ending) {
        let counter = CommitCounter(service)
        shop.watch.set { node, moment in
            counter.count(node, moment)
            if counter.last == point.place { node.kill() }
        }
        _ = shop.loop.step()
        shop.watch.set(nil)
        shop.kill(service, ending)
    }
}

/// The places inside a step around a service's commits.
private final class CommitCounter: Sendable {
    private struct State {
        var commits = 0
        var places: [CrashPoint.Place] = []
    }
    private let service: String
    private let state = Mutex(State())

    init(_ service: String) {
        self.service = service
    }

    var last: CrashPoint.Place? { state.withLock { $0.places.last } }

    func count(_ node: SimulatedNode, _ moment: SimulatedShop.Moment) {
        guard node.name == service else { return }
        state.withLock { state in
            if moment == .beforeCommit { state.commits += 1 }
            state.places.append(
                moment == .beforeCommit ? .beforeCommit(state.commits) : .afterCommit(state.commits))
        }
    }

    func take() -> [CrashPoint.Place] {
        state.withLock { state in
            defer { state = State() }
            return state.places
        }
    }
}
