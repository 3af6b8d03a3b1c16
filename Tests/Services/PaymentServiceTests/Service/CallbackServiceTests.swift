import HTTP
import ServiceTestSupport
import Testing

@Suite struct CallbackServiceTests {
    @Test func a_callback_that_the_provider_cannot_confirm_now_is_asked_for_again() async throws {
        try await withPayment(
            "provider: toss\n  toss: {baseURL: 'http://nobody', secretKey: test_sk_1, paymentToken: pay-1}"
        ) { shop in
            let answer = try await shop.send(
                .post, "payment", "/api/payments/callbacks/toss",
                #"{"eventType": "PAYMENT_STATUS_CHANGED", "data": {"paymentKey": "pay-1"}}"#)
            #expect(answer.status == 503 && answer.headers["Retry-After"] != nil)
            #expect(answer.problem?.dependency == "payment provider")
            #expect(try await shop.callbacks("unconfirmed") == 1)
        }
    }
}
