import Contracts
import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import ServiceTestSupport
import Synchronization
import Testing

@testable import PaymentService

/// A choreographed order asks for its payment by having been placed.
@Suite struct ChoreographedTests {
    @Test func a_placed_order_is_paid_without_a_request() async throws {
        try await withPayment { shop in
            try await shop.place("ORD-1")
            try await shop.until { try shop.published(PaymentApproved.self).map(\.orderId) == ["ORD-1"] }
            #expect(try await shop.held() == 1000)
            #expect(try await shop.booksAgree())
        }
    }

    @Test func the_provider_is_asked_at_once_and_not_at_the_next_look() async throws {
        try await withPayment("unattendedCalls: 8") { shop in
            let began = shop.loop.uptime
            for number in 1...50 { try await shop.place("ORD-\(number)") }
            try await shop.until { try shop.published(PaymentApproved.self).count == 50 }
            // The first look of the resolver would come after 6.5 s.
            #expect(shop.loop.uptime - began < .seconds(2))
        }
    }

    @Test(arguments: [CheckoutStyle.orchestrated, nil])
    func other_orders_are_not_touched(_ style: CheckoutStyle?) async throws {
        try await withPayment { shop in
            try await shop.place("ORD-1", style)
            // Events are handled in order: when this one is paid, the one before it was looked at.
            try await shop.place("ORD-2")
            try await shop.until { try shop.published(PaymentApproved.self).map(\.orderId) == ["ORD-2"] }
            #expect(try await shop.payment(of: "ORD-1") == nil)
        }
    }

    @Test func a_request_with_its_key_gets_the_answer_of_the_payment_that_the_event_began() async throws {
        try await withPayment { shop in
            try await shop.place("ORD-1")
            try await shop.until { try await shop.hasStatus("CAPTURED") }
            let body = RequestPayment(orderId: "ORD-1", amount: 1000, currency: .southKoreanWon)
            let answer = try await shop.send(
                .post, "payment", PaymentAPI.path, String(decoding: try JSON.encode(body), as: UTF8.self),
                key: PaymentAPI.idempotencyKey(orderId: "ORD-1"))
            #expect(answer.headers["Idempotent-Replayed"] == "true")
            let payment = try await shop.payment()
            #expect(try answer.json(PaymentReceipt.self).id == payment?.id)
            let other = try await shop.pay("ORD-1", 999)
            #expect(other.status == 422)
            #expect(try await shop.charges() == 1)
        }
    }

    @Test func an_order_that_was_paid_by_request_is_not_paid_again() async throws {
        try await withPayment { shop in
            _ = try await shop.pay()
            try await shop.place("ORD-1")
            try await shop.place("ORD-2")
            try await shop.until { try await shop.hasStatus("CAPTURED", "ORD-2") }
            #expect(try await shop.charges() == 1)
        }
    }

    @Test func an_order_that_was_cancelled_before_is_never_paid() async throws {
        try await withPayment { shop in
            #expect(try await shop.cancel().status == 200)
            try await shop.place("ORD-1")
            try await shop.place("ORD-2")
            try await shop.until { try await shop.hasStatus("CAPTURED", "ORD-2") }
            #expect(try await shop.charges() == 0)
            #expect(try await shop.hasStatus("CANCELLED"))
        }
    }

    @Test(arguments: [
        #"{"lostReplies": "1 time"}"#, #"{"rateLimited": "2 times"}"#, #"{"serverErrors": "2 times"}"#,
        #"{"callbacksOff": true}"#, #"{"hangs": "1 time"}"#,
    ])
    func whatever_the_provider_does_it_is_charged_once(_ faults: String) async throws {
        try await withPayment { shop in
            try await shop.faults(faults)
            try await shop.place("ORD-1")
            try await shop.until { try await shop.hasStatus("CAPTURED") }
            #expect(try await shop.charges() == 1)
            #expect(try await shop.booksAgree())
        }
    }

    @Test func a_refusal_is_told() async throws {
        try await withPayment { shop in
            try await shop.faults(#"{"refusals": 1}"#)
            try await shop.place("ORD-1")
            try await shop.until { try shop.published(PaymentFailed.self).map(\.orderId) == ["ORD-1"] }
        }
    }

    @Test func one_that_is_cancelled_while_it_is_asked_for_is_given_back() async throws {
        for seed in UInt64(1)...10 {
            try await withPayment(seed: seed) { shop in
                async let placed: Void = shop.place("ORD-1")
                _ = try await shop.cancelled()
                try await placed
                #expect(try await shop.held() == 0)
                #expect(try await shop.booksAgree())
            }
        }
    }
}

@Suite struct PaymentCallsTests {
    @Test func no_more_than_allowed_are_under_way_and_all_are_made() async throws {
        try await withPayment { shop in
            let (loop, counts) = (shop.loop, Counts())
            let calls = PaymentCalls(atOnce: 3, on: loop)
            let work = loop.start {
                await calls.run { _ in
                    counts.begin()
                    try? await loop.sleep(for: .milliseconds(10))
                    counts.end()
                }
            }
            for number in 1...20 { calls.add(Self.call(number)) }
            try await shop.until { counts.ended == 20 }
            #expect(counts.most == 3)
            work.cancel()
            await work.value
        }
    }

    private static func call(_ number: Int) -> UnattendedCall {
        let time = Timestamp(milliseconds: 0)
        let payment = Payment.tombstone(id: "PAY-\(number)", orderId: "ORD-\(number)", provider: "none", at: time)
        let attempt = PaymentAttempt(
            id: "ATT-\(number)", action: .charge, amount: 1, idempotencyKey: "K", startedAt: time, checkAt: time,
            isExpiry: false)
        return UnattendedCall(payment: payment, attempt: attempt)
    }

    private final class Counts: Sendable {
        private let state = Mutex((running: 0, most: 0, ended: 0))
        var most: Int { state.withLock { $0.most } }
        var ended: Int { state.withLock { $0.ended } }

        func begin() {
            state.withLock {
                $0.running += 1
                $0.most = max($0.most, $0.running)
            }
        }

        func end() {
            state.withLock {
                $0.running -= 1
                $0.ended += 1
            }
        }
    }
}

extension ServicesUnderTest {
    func place(_ order: String, _ checkout: CheckoutStyle? = .choreographed) async throws {
        let summary = OrderSummary(
            orderId: order, branchId: 1, items: [OrderItem(sauceId: 1, qty: 1, price: 1000)], qty: 1, amount: 1000,
            currency: .southKoreanWon, buyer: Buyer(), cartId: "CART-1", checkout: checkout, placedAt: loop.now)
        try await publish(OrderPlaced(order: summary), about: order)
    }
}
