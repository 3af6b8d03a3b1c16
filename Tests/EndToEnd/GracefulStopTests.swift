import Foundation
import PlatformTestSupport
import Synchronization
import Testing

extension EndToEnd {
    /// A shop that is told to stop while orders come in through the gateway.
    @Suite struct GracefulStopTests {
        /// The amounts of the orders that were asked for, each its own, by what their clients know of them.
        private struct Seen: Sendable {
            var placed: Set<Int> = []
            /// Answered with a status that says that nothing was done.
            var refused: Set<Int> = []
            /// Answered with a status that says that nobody knows.
            var unknown: Set<Int> = []
            /// The connection ended before an answer.
            var unanswered: Set<Int> = []
        }

        /// What several threads change.
        private final class Shared<Value: Sendable>: Sendable {
            let value: Mutex<Value>
            init(_ value: Value) { self.value = Mutex(value) }
        }

        @Test func no_order_stands_whose_connection_was_closed_without_an_answer() async throws {
            let shop = try ShopUnderTest()
            let port = try #require(shop.ports["gateway"])
            let nextAmount = Shared(1)
            for run in 0..<6 {
                let running = try await shop.up()
                let (seen, isOver) = (Shared(Seen()), Shared(false))
                let load = Task {
                    try await onThreads(8) { _ in
                        let connection = RawConnection(port: port)
                        while !isOver.value.withLock({ $0 }) {
                            let amount = nextAmount.value.withLock { next in
                                next += 1
                                return next
                            }
                            let body = #"{"branchId": 1, "sauceId": 1, "qty": 1, "price": \#(amount)}"#
                            do {
                                let answer = try connection.exchange(RawRequest.post("/orders", body), mayRepeat: false)
                                seen.value.withLock { seen in
                                    switch answer.status {
                                    case 201, 202: _ = seen.placed.insert(amount)
                                    case 400..<500, 503: _ = seen.refused.insert(amount)
                                    default: _ = seen.unknown.insert(amount)
                                    }
                                }
                            } catch {
                                seen.value.withLock { _ = $0.unanswered.insert(amount) }
                                // Nobody listens any more.
                                if "\(error)".hasPrefix("cannot connect") { return }
                            }
                        }
                    }
                }
                try await eventually("orders are placed") { seen.value.withLock { $0.placed.count } >= 20 + run * 7 }
                #expect(running.end() == 0)
                isOver.value.withLock { $0 = true }
                try await load.value

                let again = try await shop.up()
                let standing = Set(try await shop.orders().compactMap { $0["amount"].int })
                let result = seen.value.withLock { $0 }
                #expect(standing.intersection(result.unanswered) == [], "run \(run)")
                #expect(standing.intersection(result.refused) == [], "run \(run)")
                #expect(result.placed.subtracting(standing) == [], "run \(run)")
                #expect(again.end() == 0)
            }
        }
    }
}
