import FoundationEssentials
import HTTP
import Kernel
import ServiceHost
import Simulation
import Synchronization

/// Plays one plot of a story: buys, and does with the order what the plot has, each request with one key until it is
/// answered for good.
final class Player: Sendable {
    /// An answer that the player does not ask about again.
    struct Answer: Sendable, Hashable {
        let status: Int
        /// The order's, or the payment's where the player knows no order.
        let subject: String
        /// The name of what was done, as the answer has it: of a refund, of an attempt.
        var effect = ""

        /// Whether it says that something was done.
        var isDone: Bool { status == 200 || status == 201 }
    }
    /// What is left of a player when the world dies: the answers that came in.
    struct Memory: Sendable, Hashable {
        var purchase: Answer?
        /// Answers to a request that was sent twice at once.
        var doubles: [Answer] = []
        /// By the act's index.
        var acts: [Int: [Answer]] = [:]
    }
    private struct State {
        var memory = Memory()
        var isBusy = 0
        var refusals: [String] = []
    }
    let number: Int
    let plot: Story.Plot
    let cart: String?
    let node: SimulatedNode
    let door: Door
    private let state = Mutex(State())

    init(number: Int, _ plot: Story.Plot, cart: String?, knowing memory: Memory?, node: SimulatedNode, door: Door) {
        self.number = number
        self.plot = plot
        self.cart = cart
        self.node = node
        self.door = door
        if let memory { state.withLock { $0.memory = memory } }
    }

    var memory: Memory { state.withLock { $0.memory } }
    /// Answers that no client could go on from.
    var refusals: [String] { state.withLock { $0.refusals } }
    var isBusy: Bool { state.withLock { $0.isBusy > 0 } }

    func play(after delay: Duration? = nil) {
        guard !plot.isSilent else { return }
        start { [self] in
            let begins = delay ?? plot.begins
            if begins > .zero { try? await node.sleep(for: begins) }
            if plot.isDoubled {
                start { [self] in
                    guard let answer = await ask(purchase) else { return }
                    state.withLock { $0.memory.doubles.append(answer) }
                }
            }
            guard let answer = await ask(purchase) else { return }
            state.withLock { $0.memory.purchase = answer }
            guard !answer.subject.isEmpty, answer.status < 300 else { return }
            for (index, act) in plot.acts.enumerated() where mayAsk(index) {
                for _ in 0..<act.copies {
                    start { [self] in
                        try? await node.sleep(for: act.after)
                        guard let done = await ask(errand(index, act, about: answer.subject)) else { return }
                        state.withLock { $0.memory.acts[index, default: []].append(done) }
                    }
                }
            }
        }
    }

    /// What was impossible is not asked for again: it might be possible by now.
    private func mayAsk(_ act: Int) -> Bool {
        guard let known = memory.acts[act], !known.isEmpty else { return true }
        return known.contains(where: \.isDone)
    }

    private func start(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { $0.isBusy += 1 }
        _ = node.start { [self] in
            await body()
            state.withLock { $0.isBusy -= 1 }
        }
    }

    /// `nil` when there is nothing to be had.
    private func ask(_ errand: PlayerErrand) async -> Answer? {
        // One who knows how it must end waits for longer than anybody is down.
        var patience = plot.ending == nil ? errand.patience : 12
        for round in 0..<Self.rounds {
            if let response = try? await errand.send(door) {
                switch errand.reply(response) {
                case .answered(let answer): return answer
                case .notNow(let answer):
                    guard patience > 0 else { return answer }
                    patience -= 1
                case .again: break
                case .refused:
                    let text = String(decoding: response.body, as: UTF8.self)
                    state.withLock { $0.refusals.append("\(errand.key): \(response.status) \(text)") }
                    return nil
                }
            }
            try? await node.sleep(for: .seconds(min(1 + round, 10)))
        }
        state.withLock { $0.refusals.append("\(errand.key) was not answered in \(Self.rounds) rounds") }
        return nil
    }

    /// More than a quarter of an hour.
    private static let rounds = 80
}
