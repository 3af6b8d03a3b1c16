import HTTP
import Kernel
import PaymentProviders
import Testing

/// The means of payment that a request brought along goes to the provider in place of the configured one.
@Suite struct PaymentTokenTests {
    private static func call(_ token: String?, _ currency: Currency = .southKoreanWon) -> ProviderCall {
        ProviderCall(
            action: .charge, orderId: "ORD-1", money: Money(10_000, currency), idempotencyKey: "K", reference: nil,
            paymentToken: token.map(PaymentToken.init))
    }

    private static let rows = [("own-{orderId}", "own-{orderId}"), (nil, "configured-ORD-1")]

    @Test(arguments: rows)
    func stripe_gets(_ token: String?, _ expected: String) async throws {
        let transport = FakeTransport(.answer(500))
        let settings = StripeSettings(
            secretKey: "k", webhookSecrets: [], paymentMethod: PaymentToken("configured-{orderId}"))
        _ = await StripeProvider(settings, transport: transport).perform(Self.call(token))
        let sent = try #require(transport.requests.first).text
        #expect(sent.contains("payment_method=" + QueryString.encode(expected)))
    }

    @Test(arguments: rows)
    func midtrans_gets(_ token: String?, _ expected: String) async throws {
        let transport = FakeTransport(.answer(500))
        let settings = MidtransSettings(
            serverKey: "k", cardToken: PaymentToken("configured-{orderId}"), currency: .rupiah)
        _ = await MidtransProvider(settings, transport: transport).perform(Self.call(token, .rupiah))
        #expect(try #require(transport.requests.first).text.contains("\"token_id\":\"\(expected)\""))
    }

    @Test(arguments: rows)
    func toss_gets(_ token: String?, _ expected: String) async throws {
        let transport = FakeTransport(.answer(500))
        let settings = TossSettings(secretKey: "k", paymentKey: PaymentToken("configured-{orderId}"))
        let provider = TossProvider(settings, transport: transport, now: { Timestamp(milliseconds: 0) })
        _ = await provider.perform(Self.call(token))
        #expect(try #require(transport.requests.first).text.contains("\"paymentKey\":\"\(expected)\""))
    }

    @Test func no_description_of_a_call_shows_it() {
        let call = Self.call("tok_of_the_buyer")
        var dumped = ""
        dump(call, to: &dumped)
        #expect(!"\(call)".contains("tok_of_the_buyer") && !dumped.contains("tok_of_the_buyer"))
    }
}
