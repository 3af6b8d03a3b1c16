import HTTP
import Kernel
import PaymentProviders
import Testing

@Suite struct StripeAnswerTests {
    private static let settings = StripeSettings(secretKey: "sk_test_1", webhookSecrets: ["whsec_1"])

    private static func intent(_ status: String, _ more: String = "") -> String {
        #"{"id": "pi_1", "object": "payment_intent", "amount": 10000, "currency": "krw", "status": "\#(status)"\#(more)}"#
    }

    @Test func a_charge_is_one_form_with_key_token_and_metadata() async throws {
        let transport = FakeTransport(.answer(200, Self.intent("succeeded")))
        let outcome = await StripeProvider(Self.settings, transport: transport).perform(call())
        #expect(outcome == .succeeded(report("pi_1", order: nil)))
        let request = try #require(transport.requests.first)
        #expect(request.url == "https://api.stripe.com/v1/payment_intents")
        #expect(request.headers["Idempotency-Key"] == "PAY-IDEMPOTENCY-ORD-1")
        #expect(request.headers["Authorization"] == "Bearer sk_test_1")
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
        let form = QueryString(request.text)
        #expect(form["amount"] == "10000")
        #expect(form["currency"] == "krw")
        #expect(form["capture_method"] == "automatic")
        #expect(form["payment_method"] == "pm_card_visa")
        #expect(form["metadata[order_id]"] == "ORD-1")
        #expect(form["metadata[idempotency_key]"] == "PAY-IDEMPOTENCY-ORD-1")
    }

    @Test(arguments: [
        (TransportError.Code.unreachable, "notSent"), (.timedOut, "unknown"), (.interrupted, "unknown"),
        (.tooLarge, "unknown"), (.cancelled, "unknown"),
    ])
    func no_answer_means(_ code: TransportError.Code, _ kind: String) async {
        let provider = StripeProvider(Self.settings, transport: FakeTransport(.fails(code), .fails(code)))
        #expect(await provider.perform(call()).kind == kind)
        #expect(await provider.find(call()).kind == "unknown")
    }

    @Test func too_many_requests_tell_when_to_come_again() async {
        let body = #"{"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many"}}"#
        let transport = FakeTransport(.answer(429, body, headers: ["Retry-After": "7"]))
        let outcome = await StripeProvider(Self.settings, transport: transport).perform(call())
        guard case .notSent(_, .seconds(7)) = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    /// The evidence is kept, and shows no secret, though the answer echoes the request.
    @Test func an_answer_by_somebody_on_the_way_is_unknown_with_its_evidence() async throws {
        let page =
            "<html>\r\n408 Request Time-out; Authorization: Bearer sk_test_1" + String(repeating: "x", count: 500)
        let transport = FakeTransport(.answer(408, page))
        let outcome = await StripeProvider(Self.settings, transport: transport).perform(call())
        #expect(outcome.kind == "unknown")
        let reason = try #require(outcome.reason)
        #expect(reason.hasPrefix("Stripe answered 408: <html>  408 Request Time-out"))
        #expect(!reason.contains("sk_test_1") && reason.contains("********") && reason.count < 250)
    }

    @Test func an_amount_that_stripe_cannot_take_is_refused_unsent() async throws {
        let transport = FakeTransport()
        let dinar = try #require(Currency(code: "KWD"))
        let outcome = await StripeProvider(Self.settings, transport: transport).perform(call(.charge, 1005, dinar))
        #expect(outcome.kind == "refused")
        #expect(transport.requests.isEmpty)
    }

    @Test func neither_keys_nor_tokens_are_printed() {
        #expect(!"\(PaymentToken("tok_visible"))".contains("tok_visible"))
        var dumped = ""
        dump(PaymentToken("tok_visible"), to: &dumped)
        #expect(!dumped.contains("tok_visible"))
    }

    /// A time beyond all calendars is none; the movement is booked all the same.
    @Test(arguments: [Int64.min, -9_223_372_036_854_776, 9_223_372_036_854_776, .max])
    func a_movement_at_an_impossible_time_has_no_time(created: Int64) async throws {
        let received = #", "amount_received": 10000, "created": \#(created)"#
        let empty = #"{"object": "list", "data": [], "has_more": false}"#
        let transport = FakeTransport(
            .answer(200, Self.intent("succeeded", received)), .answer(200, empty), .answer(200, empty))
        let lines = try await StripeProvider(Self.settings, transport: transport).movements(of: call(about: "pi_1"))
        #expect(lines.map(\.money.amount) == [10_000])
        #expect(lines.map(\.movedAt) == [nil])
    }
}
