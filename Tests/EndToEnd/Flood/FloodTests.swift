import Foundation
import Testing

extension EndToEnd {
    /// 64 clients, 1,000 keys, each sent 20 times in random order, every tenth answer of the provider lost.
    @Suite struct FloodTests {
        @Test(.timeLimit(.minutes(3)))
        func a_thousand_keys_sent_twenty_times_each_are_a_thousand_charges() async throws {
            let shop = try ShopUnderTest([
                "order": ["settleAfter: 6s", "settleInterval: 200ms"],
                "payment": [
                    "providerTimeout: 1s", "retryDelay: 300ms", "resolveInterval: 100ms", "confirmationTimeout: 5s",
                ],
                "psp": ["lostReplyDelay: 1500ms"],
            ])
            try await shop.up()
            try await shop.setFaults(#"{"lostReplies": 0.1}"#)
            let flood = Flood(port: try #require(shop.ports["order"]), keys: 1000, repetitions: 20, seed: 42)
            let duration = try await flood.run(clients: 64)
            try await flood.settle()
            let result = flood.result
            #expect(result.wrong.isEmpty, "\(result.wrong.count), the first: \(result.wrong.prefix(3))")
            #expect(result.orders.count == 1000)
            #expect(result.orders.values.allSatisfy { $0.count == 1 }, "a key has one order")
            try await eventually("every order is paid", within: .seconds(60)) {
                try await shop.all("order", "/orders/search/findByStatus?status=PAID", "orders").count == 1000
            }
            let charges = try await shop.charges().filter { $0["status"].string == "captured" }
            #expect(charges.count == 1000)
            #expect(
                Set(charges.compactMap { $0["orderId"].string })
                    == result.orders.values.reduce(into: Set()) { $0.formUnion($1) })
            #expect(try await shop.booksAgree())
            let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
            report(
                "flood: 20000 requests in \(duration), \(Int(20_000 / seconds)) a second, \(result.statuses.sorted { $0.key < $1.key })"
            )
            // Three database servers beside the shop take their part of the machine.
            #expect(duration < (Profile.name == nil ? .seconds(60) : .seconds(150)))
        }
    }
}

/// Figures of a test run go to standard error.
func report(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
