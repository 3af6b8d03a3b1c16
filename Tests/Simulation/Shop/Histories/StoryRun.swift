import Kernel
import Simulation
import Synchronization

/// Plays a story to its end and judges it.
struct StoryRun {
    let story: Story
    let seed: UInt64
    /// Whether a fault tells all that the log and the books have, for a reader of one story.
    var isDetailed = false
    /// Of virtual time: the provider's slowest answers, the longest downtime, and every patience have ended long before.
    private static let limit = Duration.seconds(1500)

    /// Steps and virtual time until all was at rest.
    struct Length: Sendable {
        let steps: Int
        let time: Duration
    }

    /// Where nothing was written for so long, nothing will be: everything that is tried again is written down.
    private static let silence = Duration.seconds(200)

    /// Throws `SimulatedShop.Fault` with the invariant that the story breaks.
    @discardableResult
    func play() throws -> Length {
        let shop = try SimulatedShop(story.scenario, seed: seed)
        let deaths = Deaths(story.deaths)
        if !story.deaths.isEmpty { shop.watch.set { deaths.committing($0, $1) } }
        defer { shop.watch.set(nil) }
        try shop.open()
        var (look, gap) = (Duration.seconds(2), Duration.seconds(1))
        var wasAtRest = false
        var (commits, lastChange) = (0, Duration.zero)
        while true {
            try deaths.restart(shop)
            guard shop.loop.step() else { throw SimulatedShop.Fault(description: "the world stands still") }
            deaths.strike(shop)
            guard shop.loop.uptime >= look else { continue }
            if shop.watch.commits != commits { (commits, lastChange) = (shop.watch.commits, shop.loop.uptime) }
            let isOver = shop.loop.uptime > Self.limit || shop.loop.uptime > lastChange + Self.silence
            if isOver || !(shop.players.contains(where: \.isBusy) || deaths.areDue) {
                let verdict = shop.aftermath(of: story)
                try require(Invariant.always, of: verdict, shop)
                let open = verdict.found(Invariant.atRest)
                if open.isEmpty {
                    if wasAtRest { break }
                } else if isOver {
                    try require(Invariant.atRest, of: verdict, shop)
                }
                wasAtRest = open.isEmpty
            }
            gap = wasAtRest ? .seconds(2) : min(gap * 5 / 4, .seconds(10))
            look = shop.loop.uptime + gap
        }
        let length = Length(steps: shop.loop.steps, time: shop.loop.uptime)
        shop.watch.set(nil)
        try shop.close()
        return length
    }

    private func require(_ invariants: [Invariant], of verdict: StoryVerdict, _ shop: SimulatedShop) throws {
        let found = verdict.found(invariants)
        guard let first = found.first ?? shop.failures.first.map({ ("every service starts", $0) }) else { return }
        let details = isDetailed ? verdict.world.chronicle : ""
        throw SimulatedShop.Fault(
            description: "\(found.map(\.text).joined(separator: "\n    ")) \(shop.failures)\(details)",
            invariant: first.invariant)
    }
}

extension SimulatedShop {
    func aftermath(of story: Story) -> StoryVerdict {
        let files = DurableFiles(folder)
        defer { files.close() }
        return StoryVerdict(Aftermath(files, folder, story, players))
    }
}

/// The deaths of a story: which are to come, and who is down.
private final class Deaths: Sendable {
    private struct State {
        var coming: [Story.Death]
        var commits: [String: Int] = [:]
        var dying: [Story.Death] = []
        var down: [(service: String, until: Duration)] = []
    }
    private let state: Mutex<State>

    init(_ deaths: [Story.Death]) {
        state = Mutex(State(coming: deaths))
    }

    /// Whether somebody is down.
    var areDue: Bool { state.withLock { !$0.down.isEmpty || !$0.dying.isEmpty } }

    /// Kills inside of a step.
    func committing(_ node: SimulatedNode, _ moment: SimulatedShop.Moment) {
        let isStruck = state.withLock { state in
            let isBefore = moment == .beforeCommit
            if isBefore { state.commits[node.name, default: 0] += 1 }
            let number = state.commits[node.name] ?? 0
            let place: Story.Death.Place = isBefore ? .beforeCommit(number) : .afterCommit(number)
            guard let index = state.coming.firstIndex(where: { $0.service == node.name && $0.place == place }) else {
                return false
            }
            state.dying.append(state.coming.remove(at: index))
            return true
        }
        if isStruck { node.kill() }
    }

    /// Those who die between two steps, and the end of those who died inside of the last one.
    func strike(_ shop: SimulatedShop) {
        let dead = state.withLock { state -> [Story.Death] in
            guard !state.coming.isEmpty || !state.dying.isEmpty else { return [] }
            var dead = state.dying
            state.dying = []
            for death in state.coming {
                guard case .step(let step) = death.place, step <= shop.loop.steps,
                    !state.down.contains(where: { $0.service == death.service })
                else { continue }
                dead.append(death)
            }
            state.coming.removeAll { dead.contains($0) }
            for death in dead { state.down.append((death.service, shop.loop.uptime + death.downtime)) }
            return dead
        }
        for death in dead { shop.kill(death.service, death.ending) }
    }

    func restart(_ shop: SimulatedShop) throws {
        let back = state.withLock { state -> [String] in
            guard !state.down.isEmpty else { return [] }
            let back = state.down.filter { $0.until <= shop.loop.uptime }.map(\.service)
            state.down.removeAll { $0.until <= shop.loop.uptime }
            return back
        }
        for service in Set(back).sorted() { shop.restart(service) }
    }
}
