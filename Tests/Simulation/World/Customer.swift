import FoundationEssentials
import HTTP
import Kernel
import Runtime
import ServiceHost
import Synchronization

/// Someone who orders once and, as a good client does, sends the same request with the same key until it is answered.
final class Customer: Sendable {
    struct Answer: Sendable, Hashable {
        let status: Int
        let orderId: String
    }
    private struct State {
        var answers: [Answer] = []
        /// Answers that no client could go on from.
        var refusals: [String] = []
    }
    let key: String
    private let number: Int
    private let node: SimulatedNode
    private let gateway: Peer
    private let state = Mutex(State())

    init(_ number: Int, knowing answer: Answer? = nil, node: SimulatedNode, gateway: Peer) {
        key = "order-of-customer-\(number)"
        self.number = number
        self.node = node
        self.gateway = gateway
        if let answer { state.withLock { $0.answers = [answer] } }
    }

    var answers: [Answer] { state.withLock { $0.answers } }
    var refusals: [String] { state.withLock { $0.refusals } }

    func order() {
        _ = node.start { [self] in await orderUntilAnswered() }
    }

    private func orderUntilAnswered() async {
        while true {
            if await orderOnce() { return }
            try? await node.sleep(for: .seconds(1))
        }
    }

    /// `true` when there is nothing left to ask.
    private func orderOnce() async -> Bool {
        let body = #"{"branchId":1,"sauceId":\#(number),"qty":10,"price":10000,"email":"buyer\#(number)@example.com"}"#
        let headers: Headers = ["Idempotency-Key": key, "Content-Type": "application/json"]
        guard
            let response = try? await gateway.send(
                .post, "/orders", headers: headers, body: Data(body.utf8), timeout: .seconds(20))
        else { return false }
        switch response.status {
        case 201, 202, 402:
            let id = response.headers["Location"]?.split(separator: "/").last.map(String.init) ?? ""
            state.withLock { $0.answers.append(Answer(status: response.status, orderId: id)) }
            return true
        case 409, 500...: return false
        case let status:
            let text = String(decoding: response.body, as: UTF8.self)
            state.withLock { $0.refusals.append("\(key): \(status) \(text)") }
            return true
        }
    }
}
