import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import Testing

@Suite struct StripeSignatureTests {
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)
    private static let body = """
        {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "request": {"idempotency_key": "K-1"}, \
        "data": {"object": {"id": "pi_1", "object": "payment_intent", "amount": 10000, "amount_received": 10000, \
        "currency": "krw", "status": "succeeded", "capture_method": "automatic", \
        "metadata": {"order_id": "ORD-1", "idempotency_key": "K-1"}}}}
        """

    private static func signed(_ secret: String, at time: Timestamp = now, body: String = body) -> String {
        StripeSignature.make(Data(body.utf8), secret: secret, at: time)
    }

    private func verify(_ signature: String?, body: String = body, secrets: [String] = ["whsec_1"]) async throws
        -> ProviderCallback
    {
        let provider = StripeProvider(
            StripeSettings(secretKey: "sk", webhookSecrets: secrets), transport: FakeTransport())
        var headers = Headers()
        headers["Stripe-Signature"] = signature
        return try await provider.callback(in: callback(body, headers: headers), at: Self.now)
    }

    @Test(arguments: [
        signed("whsec_1"), signed("whsec_1", at: now - .seconds(300)), signed("whsec_1", at: now + .seconds(300)),
        signed("whsec_1") + ",v1=" + String(repeating: "0", count: 64),
        "v0=abc," + signed("whsec_1"),
        signed("whsec_1").replacing(",v1=", with: ",v1=" + String(repeating: "0", count: 64) + ",v1="),
    ])
    func a_genuine_signature_is_taken(_ signature: String) async throws {
        let callback = try await verify(signature)
        #expect(callback.id == "evt_1")
        #expect(callback.event == .succeeded(.charge))
        #expect(callback.orderId == "ORD-1")
        #expect(callback.idempotencyKey == "K-1")
        #expect(callback.money == Money(10000, .southKoreanWon))
    }

    /// What is left of a secret that was rolled: the callback of anybody.
    @Test(arguments: [[""], ["whsec_1", ""], ["", "whsec_1"]])
    func nothing_is_genuine_by_an_empty_secret(_ secrets: [String]) async throws {
        let error = await #expect(throws: InvalidCallback.self) {
            try await verify(Self.signed(""), secrets: secrets)
        }
        #expect(error?.kind == .forged)
    }

    @Test func either_secret_is_taken_while_one_is_rolled() async throws {
        #expect(try await verify(Self.signed("whsec_2"), secrets: ["whsec_1", "whsec_2"]).id == "evt_1")
    }

    @Test(arguments: [
        nil, "", "t=1767225600", "v1=abc", signed("whsec_2"), signed(""), signed("whsec_1", at: now - .seconds(302)),
        signed("whsec_1", at: now + .seconds(302)), signed("whsec_1", body: body + " "),
        signed("whsec_1").replacing("v1=", with: "v0="),
        signed("whsec_1").replacing("t=1767225600", with: "t=1767225601"),
        signed("whsec_1").replacing("t=1767225600", with: "t=x"), String(signed("whsec_1").dropLast()),
    ])
    func a_forged_or_stale_one_is_not(_ signature: String?) async throws {
        let error = await #expect(throws: InvalidCallback.self) { try await verify(signature) }
        #expect(error?.kind == .forged)
    }

    /// Figures made with OpenSSL's command line: `printf '1767225600.{}' | openssl dgst -sha256 -hmac whsec_test`.
    @Test func the_signature_is_the_one_that_openssl_computes() {
        let signature = StripeSignature.make(Data("{}".utf8), secret: "whsec_test", at: Self.now)
        #expect(signature == "t=1767225600,v1=4a942ef9477fb7b15b98664cf7ff2c2543984c1fa6bdf3520b48dcb25bcd1fe4")
    }
}
