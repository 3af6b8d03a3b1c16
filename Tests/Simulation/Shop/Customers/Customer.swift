import FoundationEssentials
import HTTP
import Kernel
import ServiceHost
import Simulation
import Synchronization

/// Someone who buys once and, as a good client does, sends the same request with the same key until it is answered.
final class Customer: Sendable {
    struct Answer: Sendable, Hashable {
        let status: Int
        let orderId: String
    }
    private struct State {
        var answers: [Answer] = []
        /// Answers that no client could go on from.
        var refusals: [String] = []
        var rounds = 0
    }
    let key: String
    private let purchase: Errand
    private let cancels: Bool
    private let node: SimulatedNode
    private let gateway: ServiceClient
    private let state = Mutex(State())

    /// - Parameter cancels: gives up what was bought as soon as it is.
    init(
        _ purchase: Errand, cancels: Bool = false, knowing answer: Answer? = nil, node: SimulatedNode,
        gateway: ServiceClient
    ) {
        key = purchase.key
        self.purchase = purchase
        self.cancels = cancels
        self.node = node
        self.gateway = gateway
        if let answer { state.withLock { $0.answers = [answer] } }
    }

    var answers: [Answer] { state.withLock { $0.answers } }
    var refusals: [String] { state.withLock { $0.refusals } }
    /// How often all that was wanted was asked for to the end.
    var rounds: Int { state.withLock { $0.rounds } }

    func buy(after delay: Duration = .zero) {
        _ = node.start { [self] in
            if delay > .zero { try? await node.sleep(for: delay) }
            // Who was told that it took too long has had enough.
            let hasHadEnough = answers.last?.status == 503
            if !hasHadEnough, let response = await ask(purchase) {
                let answer = Answer(status: response.status, orderId: Self.orderId(response))
                state.withLock { $0.answers.append(answer) }
                if cancels, answer.status == 201 { _ = await ask(.cancellation(of: answer.orderId)) }
            }
            state.withLock { $0.rounds += 1 }
        }
    }

    /// `nil` when there is nothing left to ask.
    private func ask(_ errand: Errand) async -> Response? {
        while true {
            if let response = try? await errand.ask(gateway) {
                switch errand.reply(response) {
                case .answered: return response
                case .again: break
                case .refused:
                    let text = String(decoding: response.body, as: UTF8.self)
                    state.withLock { $0.refusals.append("\(errand.key): \(response.status) \(text)") }
                    return nil
                }
            }
            try? await node.sleep(for: .seconds(1))
        }
    }

    private static func orderId(_ response: Response) -> String {
        response.headers["Location"]?.split(separator: "/").last.map(String.init) ?? ""
    }
}
