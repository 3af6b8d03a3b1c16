import Contracts
import FoundationEssentials
import HTTP
import Kernel
import ServiceTestSupport
import Synchronization
import Testing

/// `POST /api/payments/cancellations` against the provider's simulator.
@Suite struct CancellationServiceTests {
    @Test func an_order_without_a_payment_can_have_none_afterwards() async throws {
        try await withPayment { shop in
            let first = try await shop.cancel()
            #expect(first.status == 200)
            let answer = try first.json(PaymentCancellation.self)
            #expect(answer.paymentId == nil && answer.refundedAmount == 0)
            let again = try await shop.cancel()
            #expect(again.headers["Idempotent-Replayed"] == "true" && again.body == first.body)
            let late = try await shop.pay()
            #expect(late.status == 409 && late.problem?.type == PaymentAPI.cancelled)
            #expect(try await shop.charges() == 0)
        }
    }

    @Test func an_invalid_request_returns_400_naming_the_field() async throws {
        try await withPayment { shop in
            let (noKey, noOrder) = (try await shop.cancel(key: nil), try await shop.cancel(""))
            #expect(noKey.status == 400 && noKey.problem?.errors.first?.field == "Idempotency-Key")
            #expect(noOrder.status == 400 && noOrder.problem?.errors.first?.field == "orderId")
        }
    }

    @Test func a_captured_payment_is_refunded_once_however_often_it_is_cancelled() async throws {
        try await withPayment { shop in
            _ = try await shop.pay()
            try await shop.until { try await shop.hasStatus("CAPTURED") }
            let answer = try await shop.cancelled()
            #expect(answer.refundedAmount == 1000)
            let other = try await shop.cancel(key: "CANCEL-2")
            #expect(other.status == 200)
            #expect(try await shop.held() == 0)
            #expect(try await shop.payment(of: "ORD-1")?.attempts.count == 2)
            #expect(try await shop.booksAgree())
            try await shop.until { try shop.published(PaymentRefunded.self).map(\.isWhole) == [true] }
        }
    }

    @Test func what_was_refunded_before_is_not_refunded_again() async throws {
        try await withPayment { shop in
            _ = try await shop.pay()
            try await shop.until { try await shop.hasStatus("CAPTURED") }
            let id = try #require(try await shop.payment()?.id)
            _ = try await shop.send(
                .post, "payment", PaymentAPI.refunds(paymentId: id), #"{"amount": 300}"#, key: "R-1")
            try await shop.until { try await shop.hasStatus("PARTIALLY_REFUNDED") }
            #expect(try await shop.cancelled().refundedAmount == 1000)
            #expect(try await shop.held() == 0)
            #expect(try await shop.booksAgree())
        }
    }

    @Test func a_reservation_is_given_up() async throws {
        try await withPayment { shop in
            _ = try await shop.pay(capture: "manual")
            try await shop.until { try await shop.hasStatus("AUTHORISED") }
            #expect(try await shop.cancelled().refundedAmount == 0)
            #expect(try await shop.hasStatus("CANCELLED"))
            try await shop.until { try shop.published(PaymentCancelled.self).map(\.isExpiry) == [false] }
        }
    }

    @Test(arguments: [
        #"{"callbackDelay": "3s"}"#, #"{"lostReplies": "1 time", "callbackDelay": "3s"}"#, #"{"callbacksOff": true}"#,
        #"{"serverErrorsAfter": "1 time", "callbackDelay": "3s"}"#,
    ])
    func what_is_not_decided_is_given_back_once_it_is_even_if_nobody_asks_again(_ faults: String) async throws {
        try await withPayment { shop in
            try await shop.faults(faults)
            _ = try await shop.pay()
            let answer = try await shop.cancel()
            #expect(answer.status == 409 && answer.problem?.type == PaymentAPI.notDecided)
            #expect(answer.headers["Retry-After"] != nil)
            try await shop.until { try await shop.hasStatus("REFUNDED") }
            #expect(try await shop.held() == 0)
            #expect(try await shop.charges() == 1)
            #expect(try await shop.cancelled().refundedAmount == 1000)
            #expect(try await shop.booksAgree())
        }
    }

    @Test func a_charge_that_the_provider_never_got_is_not_made_once_its_order_is_cancelled() async throws {
        try await withPayment { shop in
            try await shop.faults(#"{"serverErrors": "1 time"}"#)
            #expect(try await shop.pay().status == 202)
            #expect(try await shop.cancel().status == 409)
            try await shop.until { try await shop.cancel().status == 200 }
            #expect(try await shop.charges() == 0)
            #expect(try await shop.booksAgree())
        }
    }

    /// The cancellation, a second one, and the callback of the charge at the same moment, in many orders.
    @Test(arguments: UInt64(1)...20)
    func cancellations_while_the_callback_comes_give_back_once(_ seed: UInt64) async throws {
        try await withPayment(seed: seed) { shop in
            async let payment = shop.pay()
            async let one = shop.cancel(key: "CANCEL-1")
            async let two = shop.cancel(key: "CANCEL-2")
            let statuses = try await [one.status, two.status]
            #expect(statuses.allSatisfy { [200, 409].contains($0) }, "\(statuses)")
            _ = try await payment
            let (first, second) = (
                try await shop.cancelled(key: "CANCEL-1"), try await shop.cancelled(key: "CANCEL-2")
            )
            #expect(first == second)
            #expect(try await shop.held() == 0)
            #expect(try await shop.booksAgree())
        }
    }

    /// The provider has too many requests: it did not look at the charge, which is withdrawn, in many orders.
    @Test func a_payment_that_is_withdrawn_while_it_is_cancelled_cannot_begin_again() async throws {
        let overlaps = Mutex(0)
        for seed in UInt64(1)...20 {
            try await withPayment(seed: seed) { shop in
                try await shop.faults(#"{"rateLimited": 1}"#)
                async let payment = shop.pay()
                async let cancellation = shop.cancel()
                let (paid, cancelled) = try await (payment.status, cancellation.status)
                #expect([503, 409].contains(paid))
                if cancelled == 409 { overlaps.withLock { $0 += 1 } }
                #expect(try await shop.cancelled().refundedAmount == 0)
                try await shop.faults(#"{"rateLimited": 0}"#)
                let again = try await shop.pay()
                #expect(again.status == 409 && again.problem?.type == PaymentAPI.cancelled)
                #expect(try await shop.charges() == 0)
            }
        }
        #expect(overlaps.withLock { $0 } > 0, "no cancellation came while the charge was asked for")
    }

    @Test func a_charge_that_turns_up_for_a_cancelled_order_is_given_back() async throws {
        try await withPayment { shop in
            #expect(try await shop.cancel().status == 200)
            // The provider has a charge that payment never asked for; its callback tells of it.
            let charge = try await shop.send(
                .post, "psp", "/charges",
                #"{"action": "charge", "orderId": "ORD-1", "amount": 700, "currency": "KRW"}"#, key: "STRAY")
            #expect(charge.status == 201)
            try await shop.until { try await shop.hasStatus("REFUNDED") }
            #expect(try await shop.held() == 0)
            #expect(try await shop.booksAgree())
            #expect(try await shop.cancel(key: "CANCEL-2").json(PaymentCancellation.self).refundedAmount == 700)
        }
    }

    @Test func a_charge_whose_callback_came_before_the_cancellation_is_given_back_too() async throws {
        try await withPayment { shop in
            _ = try await shop.send(
                .post, "psp", "/charges",
                #"{"action": "charge", "orderId": "ORD-1", "amount": 700, "currency": "KRW"}"#, key: "STRAY")
            try await shop.until { try await shop.callbacks("unmatched") == 1 }
            #expect(try await shop.cancel().status == 409)
            #expect(try await shop.cancelled().refundedAmount == 700)
            #expect(try await shop.held() == 0)
        }
    }

    @Test func a_refund_that_the_provider_refuses_is_tried_again_by_itself() async throws {
        try await withPayment { shop in
            _ = try await shop.pay()
            try await shop.until { try await shop.hasStatus("CAPTURED") }
            try await shop.faults(#"{"refusals": "1 time"}"#)
            #expect(try await shop.cancel().status == 409)
            try await shop.until { try await shop.hasStatus("REFUNDED") }
            #expect(try await shop.cancelled().refundedAmount == 1000)
            #expect(try await shop.held() == 0)
        }
    }
}

extension ServicesUnderTest {
    func callbacks(_ outcome: String) async throws -> Int {
        let answer = try await send(.get, "payment", "/metrics")
        let line = String(decoding: answer.body, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("sambal_payment_callbacks_total{outcome=\"\(outcome)\"}")
        }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
    }
}
