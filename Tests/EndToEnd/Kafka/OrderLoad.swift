import Foundation
import Synchronization
import Testing

/// Customers who place orders again and again, at whichever instance answers, until they are told to stop.
final class OrderLoad: Sendable {
    private struct State {
        var ids: [String] = []
        var isStopped = false
        var refused: [Int] = []
    }
    private let urls: [URL]
    private let state = Mutex(State())

    init(_ urls: [URL]) { self.urls = urls }

    /// Of the orders that were accepted.
    var ids: [String] { state.withLock { $0.ids } }
    /// Answers other than that.
    var refused: [Int] { state.withLock { $0.refused } }

    func stop() { state.withLock { $0.isStopped = true } }

    /// Until `stop`; `body` does to the shop meanwhile what the test is about.
    func run(clients: Int, while body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients { group.addTask { await self.place(client) } }
            defer { stop() }
            try await body()
        }
    }

    /// Returns once that many more orders were accepted.
    func more(_ count: Int, _ what: String) async throws {
        let before = ids.count
        try await eventually("\(count) more orders \(what)") { ids.count >= before + count }
    }

    private func place(_ client: Int) async {
        var number = 0
        while !state.withLock({ $0.isStopped }) {
            number += 1
            // An order whose answer was lost is asked for again with its key, at the other instance.
            for attempt in 0..<200 where !state.withLock({ $0.isStopped }) {
                let url = urls[(client + number + attempt) % urls.count]
                let key = ["Idempotency-Key": "LOAD-\(client)-\(number)"]
                guard let answer = try? await HTTP.post(url, ShopUnderTest.briefOrder, headers: key) else { continue }
                if [201, 202].contains(answer.status), let id = answer.json["id"].string {
                    state.withLock { $0.ids.append(id) }
                    break
                }
                if answer.status != 409 { state.withLock { $0.refused.append(answer.status) } }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
