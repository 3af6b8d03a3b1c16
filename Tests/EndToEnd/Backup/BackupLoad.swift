import Foundation
import PlatformTestSupport
import Synchronization

/// Buyers who order, check out and cancel until they are stopped.
final class BackupLoad: Sendable {
    private struct State {
        var requests = 0
        var failures: [String] = []
        var longest = Duration.zero
    }
    private let shop: ShopUnderTest
    private let customer: String
    private let state = Mutex(State())
    private let isRunning = Atomic(true)
    /// Each client ends by itself after so many requests.
    private static let limit = 5000

    init(_ shop: ShopUnderTest, customer: String) { (self.shop, self.customer) = (shop, customer) }

    var requests: Int { state.withLock { $0.requests } }
    /// Requests that had an answer that no buyer should have.
    var failures: [String] { state.withLock { $0.failures } }
    var longest: Duration { state.withLock { $0.longest } }

    func stop() { isRunning.store(false, ordering: .relaxed) }

    func run(clients: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask { [self] in
                    for number in 0..<Self.limit where isRunning.load(ordering: .relaxed) {
                        await step(client + number)
                    }
                }
            }
        }
    }

    private func step(_ number: Int) async {
        do {
            switch number % 4 {
            case 0, 1: _ = try await timed(201, 202) { try await shop.place() }
            case 2:
                let cart = try await shop.cart(of: customer)
                _ = try await timed(201, 202) { try await shop.checkOut(cart, key: cart) }
            default:
                let placed = try await timed(201, 202) { try await shop.place() }
                guard let id = placed.json["id"].string else { return }
                _ = try await timed(200, 202, 409) {
                    try await HTTP.post(shop.url("order", "/orders/\(id)/cancel"), #"{"reason": "second thoughts"}"#)
                }
            }
        } catch {
            note(failure: "\(error)")
        }
    }

    private func timed(_ expected: Int..., by request: () async throws -> HTTP.Answer) async throws -> HTTP.Answer {
        let began = ContinuousClock.now
        let answer = try await request()
        let duration = ContinuousClock.now - began
        state.withLock { state in
            state.requests += 1
            state.longest = max(state.longest, duration)
        }
        if !expected.contains(answer.status) { note(failure: "\(answer.status) \(answer.text)") }
        return answer
    }

    private func note(failure: String) { state.withLock { $0.failures.append(failure) } }
}
