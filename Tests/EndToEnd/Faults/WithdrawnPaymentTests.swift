import Foundation
import Testing

extension EndToEnd {
    /// A call that waits for its turn until it is given up was never sent; whoever asks about it meanwhile must not send it.
    @Suite struct WithdrawnPaymentTests {
        @Test(.timeLimit(.minutes(2)))
        func a_payment_that_was_given_up_while_it_waited_is_not_charged_by_the_resolver() async throws {
            let shop = try ShopUnderTest([
                "order": ["paymentTimeout: 10s", "settleAfter: 12s", "settleInterval: 100ms"],
                // One call at a time: three that hang keep the fourth waiting for longer than it may. The resolver has a
                // place of its own, and what it asks meanwhile hangs as well.
                "payment": [
                    "maximumConcurrentCalls: 1", "providerTimeout: 2s", "retryDelay: 100ms", "resolveInterval: 100ms",
                    "breaker: {minimumCalls: 1000, windowSize: 1000}",
                ],
                "psp": ["lostReplyDelay: 4s"],
            ])
            try await shop.up()
            try await shop.setFaults(#"{"hangs": "7 times"}"#)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await shop.place().status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.contains(503), "\(statuses)")
            try await eventually("every order that stands is paid") {
                try await shop.orders().allSatisfy { $0["status"].string == "PAID" }
            }
            let (orders, charges) = (try await shop.orders(), try await shop.charges())
            #expect(
                Set(orders.compactMap { $0["id"].string }) == Set(charges.compactMap { $0["orderId"].string }),
                "charged is what stands")
            #expect(orders.count == charges.count)
            #expect(try await shop.booksAgree())
        }
    }
}
