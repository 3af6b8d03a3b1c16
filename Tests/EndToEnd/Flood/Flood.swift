import Foundation
import PlatformTestSupport
import Synchronization

/// Many clients that send the same keys again and again, in one random order.
final class Flood: Sendable {
    struct Outcome: Sendable {
        /// How often each status came.
        var statuses: [Int: Int] = [:]
        /// Those which no client should ever see.
        var wrong: [String] = []
        /// The orders that a key was answered with; more than one is a defect.
        var orders: [String: Set<String>] = [:]
    }
    private let port: Int
    let keys: Int
    private let plan: [Int]
    private let next = Atomic<Int>(0)
    private let outcome = Mutex(Outcome())

    init(port: Int, keys: Int, repetitions: Int, seed: UInt64) {
        self.port = port
        self.keys = keys
        var random = SeededRandom(seed: seed)
        plan = (0..<(keys * repetitions)).map { $0 % keys }.shuffled(using: &random)
    }

    /// Sends everything; returns how long that took.
    func run(clients: Int) async throws -> Duration {
        let start = ContinuousClock.now
        try await onThreads(clients) { [self] _ in
            let connection = RawConnection(port: port)
            while true {
                let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard number < plan.count else { return }
                _ = try send(plan[number], on: connection)
            }
        }
        return ContinuousClock.now - start
    }

    /// Keys that were answered with a 503 or a 409 only are sent until they have their order.
    func settle() async throws {
        try await eventually("every key has its order", within: .seconds(60)) {
            let open = self.open
            if open.isEmpty { return true }
            try await onThreads(8) { [self] thread in
                let connection = RawConnection(port: port)
                for number in open where number % 8 == thread { _ = try send(number, on: connection) }
            }
            return self.open.isEmpty
        }
    }

    private var open: [Int] {
        outcome.withLock { outcome in (0..<keys).filter { outcome.orders[Self.key($0)] == nil } }
    }

    var result: Outcome { outcome.withLock { $0 } }

    static func key(_ number: Int) -> String { "STORM-\(number)" }

    /// Whether the key has its order now.
    private func send(_ number: Int, on connection: RawConnection) throws -> Bool {
        let key = Self.key(number)
        // Another quantity for each key: an answer meant for another one would be seen.
        let body = #"{"branchId": 1, "sauceId": 1, "qty": \#(number + 1), "price": 100}"#
        let answer = try connection.exchange(RawRequest.post("/orders", body, key: key))
        let json = [201, 202].contains(answer.status) ? JSONValue(Data(answer.body)) : nil
        outcome.withLock { outcome in
            outcome.statuses[answer.status, default: 0] += 1
            if let id = json?["id"].string { outcome.orders[key, default: []].insert(id) }
            let isRight =
                switch answer.status {
                case 201, 202: json?["qty"].int == number + 1
                case 409, 503: answer.header("Retry-After") != nil
                case 500, 502, 504:
                    answer.text.contains("/problems/outcome-unknown") && answer.header("Retry-After") == nil
                default: false
                }
            if !isRight { outcome.wrong.append("\(answer.status) \(answer.text)") }
        }
        return json != nil
    }
}
