import Contracts
import HTTP
import Kernel
import Messaging
import ServiceTestSupport
import Testing

/// A request's own means of payment, at the simulator's Stripe: one token is declined there, the configured one is not.
@Suite struct PaymentTokenServiceTests {
    private static let declined = "pm_card_visa_chargeDeclined"
    private static let stripe =
        "provider: stripe\n  stripe: {baseURL: 'http://psp', secretKey: sk_test_sambal, webhookSecret: whsec_test_sambal}"

    @Test func the_configured_token_stands_in_where_none_is_given() async throws {
        try await withPayment(Self.stripe) { shop in
            _ = try await shop.pay()
            try await shop.until { try await shop.hasStatus("CAPTURED") }
        }
    }

    @Test(arguments: [#"{}"#, #"{"rateLimited": "1 time"}"#, #"{"unavailable": "2 times"}"#, #"{"hangs": "1 time"}"#])
    func its_own_token_is_used_each_time_the_provider_is_asked(_ faults: String) async throws {
        try await withPayment(Self.stripe) { shop in
            try await shop.faults(faults)
            try await shop.until { try await shop.pay(token: Self.declined).status != 503 }
            try await shop.until { try await shop.hasStatus("FAILED") }
            #expect(try await shop.held() == 0)
        }
    }

    @Test func nobody_is_shown_the_token() async throws {
        try await withPayment(Self.stripe) { shop in
            let answer = try await shop.pay(token: "pm_card_of_the_buyer")
            try await shop.until { try await shop.hasStatus("CAPTURED") }
            try await shop.until { !shop.log.events.isEmpty }
            let payments = try await shop.send(.get, "payment", "/payments")
            let texts = [answer.body, payments.body] + shop.log.events.map(\.data)
            #expect(shop.log.events.count == 1)
            #expect(!texts.contains { String(decoding: $0, as: UTF8.self).contains("of_the_buyer") })
            let request = RequestPayment(
                orderId: "ORD-1", amount: 1, currency: .southKoreanWon, paymentToken: "pm_card_of_the_buyer")
            var dumped = ""
            dump(request, to: &dumped)
            #expect(!"\(request) \(dumped)".contains("of_the_buyer"))
        }
    }

    @Test func one_that_is_too_long_is_refused() async throws {
        try await withPayment { shop in
            let answer = try await shop.pay(token: String(repeating: "x", count: 501))
            #expect(answer.status == 400 && answer.problem?.errors.map(\.field) == ["paymentToken"])
        }
    }
}

extension ServicesUnderTest {
    fileprivate func pay(token: String) async throws -> Response {
        try await send(
            .post, "payment", PaymentAPI.path,
            #"{"orderId": "ORD-1", "amount": 1000, "currency": "KRW", "paymentToken": "\#(token)"}"#,
            key: PaymentAPI.idempotencyKey(orderId: "ORD-1"))
    }
}
