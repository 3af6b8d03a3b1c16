import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Testing

/// `GET /api/payments/orders/{orderId}`, for callers that must see the present.
@Suite struct PaymentReadingTests {
    @Test func a_look_shows_the_present_where_a_repeated_request_gets_its_first_answer() async throws {
        try await withPayment { shop in
            try await shop.faults(#"{"callbackDelay": "2s"}"#)
            let first = try await shop.pay()
            try await shop.until { try await shop.hasStatus("CAPTURED") }
            let again = try await shop.pay()
            #expect(again.body == first.body)
            let receipt = try await shop.look("ORD-1").json(PaymentReceipt.self)
            #expect(
                receipt.status == .captured && receipt.capturedAmount == 1000 && receipt.attemptState == "SUCCEEDED")
        }
    }

    @Test func an_order_without_a_payment_is_not_found() async throws {
        try await withPayment { shop in
            let answer = try await shop.look("ORD-9")
            #expect(answer.status == 404)
        }
    }

    @Test func one_that_was_cancelled_before_it_began_is_shown_as_cancelled() async throws {
        try await withPayment { shop in
            _ = try await shop.cancel()
            let receipt = try await shop.look("ORD-1").json(PaymentReceipt.self)
            #expect(receipt.status == .cancelled && receipt.capturedAmount == 0 && receipt.attemptId.isEmpty)
        }
    }

    @Test func a_refund_shows_in_the_next_look() async throws {
        try await withPayment { shop in
            _ = try await shop.pay()
            try await shop.until { try await shop.hasStatus("CAPTURED") }
            let id = try #require(try await shop.payment()?.id)
            _ = try await shop.send(
                .post, "payment", PaymentAPI.refunds(paymentId: id), #"{"amount": 300}"#, key: "R-1")
            try await shop.until {
                let receipt = try await shop.look("ORD-1").json(PaymentReceipt.self)
                return receipt.status == .partiallyRefunded && receipt.refundedAmount == 300
            }
        }
    }
}

extension ServicesUnderTest {
    func look(_ order: String) async throws -> Response {
        try await send(.get, "payment", PaymentAPI.payment(orderId: order))
    }
}
