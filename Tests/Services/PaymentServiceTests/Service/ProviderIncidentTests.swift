import Contracts
import HTTP
import Kernel
import PaymentProviders
import ServiceTestSupport
import Synchronization
import Testing

@testable import PaymentService

/// Providers that fail for a while: what is asked again, how often, and what is not asked any more.
@Suite struct ProviderIncidentTests {
    @Test func a_stored_error_is_looked_up_less_and_less_often_and_never_sent_again() async throws {
        try await withFake("abandonAfter: 15m") { shop, provider in
            provider.change { $0.performing = { _ in .storedError(reason: "500") } }
            #expect(try await shop.pay().status == 202)
            try await shop.wait(.seconds(600))
            #expect(provider.count(.charge) == 1 && (8...30).contains(provider.lookups), "\(provider.lookups)")
            #expect(try await shop.hasStatus("PENDING"))
            // After that the provider certainly has none, and nobody sends it once the key is forgotten.
            try await shop.wait(.seconds(900))
            #expect(try await shop.hasStatus("FAILED"))
            try await shop.wait(.seconds(1800))
            #expect(provider.count(.charge) == 1)
        }
    }

    @Test func a_stored_error_of_a_refund_is_begun_anew_with_another_key() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let failing = Mutex(true)
            provider.change {
                $0.performing = { call in
                    failing.withLock { isFailing in
                        defer { isFailing = false }
                        return isFailing ? .storedError(reason: "500") : .succeeded(reference: "R-1")
                    }
                }
            }
            #expect(try await shop.cancel().status == 409)
            try await shop.wait(.seconds(1200))
            #expect(try await shop.hasStatus("REFUNDED"))
            #expect(Set(provider.performed.map(\.idempotencyKey)).count == 3)
            #expect(try await shop.owed() == 0)
        }
    }

    @Test(arguments: [ProviderOutcome.unknown(reason: "timeout"), .storedError(reason: "500")])
    func an_absent_charge_of_a_cancelled_order_is_never_made(_ outcome: ProviderOutcome) async throws {
        try await withFake { shop, provider in
            provider.change { $0.performing = { _ in outcome } }
            _ = try await shop.pay()
            #expect(try await shop.cancel().status == 409)
            provider.change { $0.performing = { .succeeded(reference: "C-\($0.orderId)") } }
            try await shop.until { try await shop.cancel().status == 200 }
            try await shop.wait(.seconds(1800))
            #expect(provider.count(.charge) == 1 && provider.count(.refund) == 0)
            // It comes about all the same, much later.
            try await shop.tell(provider, .succeeded(.charge), id: "late")
            try await shop.until { try await shop.hasStatus("REFUNDED") }
            #expect(provider.count(.refund) == 1)
            #expect(try await shop.owed() == 0)
        }
    }

    @Test func a_refund_that_keeps_failing_is_tried_a_few_times_and_then_an_operators() async throws {
        try await withFake("refundTries: 3") { shop, provider in
            _ = try await shop.pay()
            provider.change {
                $0.performing = { call in
                    call.action == .refund ? .refused(reason: "closed account") : .succeeded(reference: "C-ORD-1")
                }
            }
            #expect(try await shop.cancel().status == 409)
            // The caller asks again and again.
            for _ in 0..<100 {
                try await shop.wait(.seconds(2))
                _ = try await shop.cancel()
            }
            #expect(provider.count(.refund) == 3)
            #expect(try await shop.cancel().status == 422)
            let task = try #require(try await shop.tasks("REFUND_REFUSED").first)
            #expect(task.orderId == "ORD-1" && task.evidence.contains { $0.value == "closed account" })
            #expect(try await shop.payment()?.attempts.count == 4)
            provider.change { $0.performing = { _ in .succeeded(reference: "R-1") } }
            #expect(try await shop.resolve(task, "retry") == 200)
            try await shop.until { try await shop.hasStatus("REFUNDED") }
            #expect(try await shop.cancel().status == 200)
            #expect(try await shop.tasks().isEmpty)
        }
    }

    @Test func a_refund_that_is_accepted_and_fails_later_is_bounded_too() async throws {
        try await withFake("refundTries: 3") { shop, provider in
            _ = try await shop.pay()
            provider.change {
                $0.performing = { .accepted(reference: "R-\($0.idempotencyKey)") }
                $0.finding = { _ in .refused(reason: "the bank sent it back") }
            }
            _ = try await shop.cancel()
            try await shop.wait(.seconds(900))
            #expect(provider.count(.refund) == 3)
            #expect(try await shop.tasks("REFUND_REFUSED").count == 1)
        }
    }

    @Test func what_became_unknown_together_is_not_asked_about_together() async throws {
        try await withFake { shop, provider in
            let times = Mutex([Int64]())
            let loop = shop.loop
            provider.change {
                $0.performing = { _ in .unknown(reason: "timeout") }
                $0.finding = { _ in
                    times.withLock { $0.append(loop.now.milliseconds / 1000) }
                    return .unknown(reason: "timeout")
                }
            }
            for number in 1...40 { _ = try await shop.pay("ORD-\(number)") }
            try await shop.wait(.seconds(300))
            let late = times.withLock { times in times.filter { $0 > (times.first ?? 0) + 60 } }
            let most = Dictionary(grouping: late) { $0 }.values.map(\.count).max() ?? 0
            #expect(!late.isEmpty && most < 20, "\(most) of 40 in one second")
        }
    }

    @Test func what_stays_unknown_is_an_operators_and_ends_by_a_decision() async throws {
        try await withFake("operatorAfter: 10m") { shop, provider in
            provider.change {
                $0.performing = { _ in .unknown(reason: "timeout") }
                $0.finding = { _ in .unknown(reason: "timeout") }
            }
            _ = try await shop.pay()
            try await shop.wait(.seconds(1200))
            let task = try #require(try await shop.tasks("OUTCOME_UNKNOWN").first)
            #expect(try await shop.resolve(task, "succeeded") == 200)
            #expect(try await shop.hasStatus("CAPTURED"))
            #expect(try await shop.owed() == 1000)
        }
    }

    /// The simulator is away: only look-ups fail, and the breaker of new payments stays closed.
    @Test func lookups_do_not_open_the_breaker_of_new_payments() async throws {
        try await withPayment { shop in
            try await shop.faults(#"{"callbacksOff": true}"#)
            for number in 1...10 { _ = try await shop.pay("ORD-\(number)") }
            shop.transport.unregister("psp")
            try await shop.until {
                let metrics = try await shop.send(.get, "payment", "/metrics").text
                return metrics.contains(#"sambal_circuit_breaker_state{destination="psp-background"} 2"#)
                    && metrics.contains(#"sambal_circuit_breaker_state{destination="psp"} 0"#)
            }
        }
    }
}
