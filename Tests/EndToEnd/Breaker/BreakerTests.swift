import Foundation
import Testing

extension EndToEnd {
    /// The provider is away, or says nothing: after a few calls nobody waits for it any more, until it is back.
    @Suite struct BreakerTests {
        private static let breaker = "breaker: {minimumCalls: 4, windowSize: 4, openDuration: 1s, probes: 2}"
        private static let settings = [
            "order": ["settleAfter: 6s", "settleInterval: 100ms", breaker],
            "payment": [
                "providerTimeout: 2s", "retryDelay: 200ms", "resolveInterval: 100ms", "confirmationTimeout: 1s",
                breaker,
            ],
            "psp": ["lostReplyDelay: 4s"],
        ]

        @Test func with_the_provider_down_it_opens_and_closes_again_when_the_provider_is_back() async throws {
            let shop = try ShopUnderTest(Self.settings)
            try await shop.up()
            #expect(try await state(shop) == 0)
            try await shop.command("stop", "psp")
            try await eventually("the circuit is open") {
                try await expectRefusal(by: shop)
                return try await state(shop) == 2
            }
            try await expectFastRefusals(by: shop)
            #expect(try await HTTP.get(shop.url("payment", "/readyz")).status == 200)
            #expect(try await shop.orders().isEmpty)

            try await shop.command("start", "psp")
            try await expectRecovery(of: shop)
        }

        @Test func with_the_provider_hanging_no_order_waits_once_it_is_open() async throws {
            let shop = try ShopUnderTest(Self.settings)
            try await shop.up()
            try await shop.setFaults(#"{"hangs": 1}"#)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await shop.place().status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // They were sent: what became of them is not known yet.
            #expect(statuses == [202, 202, 202, 202])
            #expect(try await state(shop) == 2)
            try await expectFastRefusals(by: shop)
            #expect(try await HTTP.get(shop.url("payment", "/readyz")).status == 200)

            _ = try await HTTP.send("DELETE", shop.url("psp", "/admin/faults"))
            try await expectRecovery(of: shop)
            try await eventually("every order that stands is paid") {
                try await shop.orders().allSatisfy { $0["status"].string == "PAID" }
            }
            #expect(try await shop.charges().count == shop.orders().count)
            #expect(try await shop.booksAgree())
        }

        private func state(_ shop: ShopUnderTest) async throws -> Double? {
            try await shop.metric("payment", #"sambal_circuit_breaker_state{destination="psp"}"#)
        }

        private func transitions(_ shop: ShopUnderTest, to state: String) async throws -> Double {
            let line = #"sambal_circuit_breaker_transitions_total{destination="psp",to="\#(state)"}"#
            return try await shop.metric("payment", line) ?? 0
        }

        private func expectRefusal(by shop: ShopUnderTest) async throws {
            let answer = try await shop.place()
            #expect(answer.status == 503 && answer.headers["retry-after"] != nil, "\(answer.status) \(answer.text)")
            #expect(answer.headers["content-type"] == "application/problem+json")
        }

        /// While it is open: each within a fraction of the provider's timeout. A probe in between may take that long, so
        /// most of them count.
        private func expectFastRefusals(by shop: ShopUnderTest) async throws {
            var times: [Duration] = []
            for _ in 0..<10 {
                let start = ContinuousClock.now
                try await expectRefusal(by: shop)
                times.append(ContinuousClock.now - start)
            }
            let median = times.sorted()[times.count / 2]
            #expect(median < .milliseconds(500), "\(times)")
            report("breaker: refused in \(median) (median of \(times.count)), the slowest in \(times.max() ?? .zero)")
        }

        private func expectRecovery(of shop: ShopUnderTest) async throws {
            try await eventually("orders are taken again") { try await shop.place().status == 201 }
            try await eventually("the circuit is closed") {
                _ = try await shop.place()
                return try await state(shop) == 0
            }
            #expect(try await transitions(shop, to: "open") >= 1)
            #expect(try await transitions(shop, to: "half-open") >= 1)
            #expect(try await transitions(shop, to: "closed") == 1)
            #expect(try await shop.place().status == 201)
        }
    }
}
