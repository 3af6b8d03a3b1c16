import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import Testing

@Suite struct TossTests {
    private static func provider(_ transport: FakeTransport) -> TossProvider {
        TossProvider(
            TossSettings(secretKey: "test_sk_1", paymentKey: PaymentToken("pay-{orderId}"), statementDays: 1),
            transport: transport, now: { Timestamp(milliseconds: 1_767_225_600_000) })
    }

    private static func payment(_ status: String, _ more: String = "") -> String {
        """
        {"paymentKey": "pay-ORD-1", "orderId": "ORD-1", "status": "\(status)", "currency": "KRW", \
        "totalAmount": 10000, "lastTransactionKey": "tx-1"\(more)}
        """
    }

    private static let refunded =
        #", "cancels": [{"cancelAmount": 4000, "cancelReason": "refund [R-1]", "transactionKey": "tx-2"}]"#

    @Test func a_charge_confirms_the_payment_of_the_window() async throws {
        let transport = FakeTransport(.answer(200, Self.payment("DONE")))
        #expect(await Self.provider(transport).perform(call()) == .succeeded(reference: "pay-ORD-1"))
        let request = try #require(transport.requests.first)
        #expect(request.url == "https://api.tosspayments.com/v1/payments/confirm")
        #expect(request.headers["Idempotency-Key"] == "PAY-IDEMPOTENCY-ORD-1")
        #expect(request.headers["Authorization"] == "Basic " + Data("test_sk_1:".utf8).base64EncodedString())
        #expect(request.text.contains(#""amount":10000"#))
        #expect(request.text.contains(#""paymentKey":"pay-ORD-1""#))
    }

    @Test func dollars_are_sent_with_cents() async throws {
        let transport = FakeTransport(.answer(200, Self.payment("DONE")))
        _ = await Self.provider(transport).perform(call(.charge, 10_050, try #require(Currency(code: "USD"))))
        #expect(try #require(transport.requests.first).text.contains(#""amount":100.5"#))
    }

    @Test(arguments: [
        (200, payment("DONE"), "succeeded"), (200, payment("WAITING_FOR_DEPOSIT"), "accepted"),
        (200, payment("ABORTED"), "refused"), (200, "[]", "unknown"),
        (400, #"{"code": "INVALID_CARD_EXPIRATION", "message": "m"}"#, "refused"),
        (403, #"{"code": "REJECT_CARD_PAYMENT", "message": "m"}"#, "refused"),
        (400, #"{"code": "PROVIDER_ERROR", "message": "m"}"#, "unknown"),
        (401, #"{"code": "UNAUTHORIZED_KEY"}"#, "notSent"),
        (409, #"{"code": "IDEMPOTENT_REQUEST_PROCESSING"}"#, "unknown"),
        (429, "{}", "notSent"), (500, "{}", "unknown"),
    ])
    func an_answer_means(_ status: Int, _ body: String, _ kind: String) async {
        #expect(await Self.provider(FakeTransport(.answer(status, body))).perform(call()).kind == kind)
    }

    @Test func a_payment_that_was_confirmed_before_is_looked_up() async {
        let processed = #"{"code": "ALREADY_PROCESSED_PAYMENT", "message": "m"}"#
        let transport = FakeTransport(.answer(400, processed), .answer(200, Self.payment("DONE")))
        #expect(await Self.provider(transport).perform(call()) == .succeeded(reference: "pay-ORD-1"))
        #expect(transport.requests.last?.url == "https://api.tosspayments.com/v1/payments/orders/ORD-1")
    }

    @Test(arguments: [
        (200, payment("DONE"), "succeeded"), (200, payment("IN_PROGRESS"), "absent"), (200, payment("READY"), "absent"),
        (200, payment("CANCELED", refunded), "succeeded"), (200, payment("EXPIRED"), "refused"),
        (404, #"{"code": "NOT_FOUND_PAYMENT"}"#, "absent"), (500, "{}", "unknown"),
    ])
    func a_look_up_means(_ status: Int, _ body: String, _ kind: String) async {
        #expect(await Self.provider(FakeTransport(.answer(status, body))).find(call()).kind == kind)
    }

    @Test func a_refund_cancels_a_part_and_is_found_by_its_key() async throws {
        let body = Self.payment("PARTIAL_CANCELED", Self.refunded)
        let transport = FakeTransport(.answer(200, body), .answer(200, body), .answer(200, body))
        let refund = call(.refund, 4000, key: "R-1", about: "pay-ORD-1")
        let provider = Self.provider(transport)
        #expect(await provider.perform(refund) == .succeeded(reference: "tx-2"))
        #expect(await provider.find(refund) == .succeeded(reference: "tx-2"))
        #expect(await provider.find(call(.refund, 4000, key: "R-2", about: "pay-ORD-1")) == .absent)
        let request = try #require(transport.requests.first)
        #expect(request.url == "https://api.tosspayments.com/v1/payments/pay-ORD-1/cancel")
        #expect(request.text.contains(#""cancelAmount":4000"#))
    }

    @Test(arguments: [ProviderAction.authorise, .capture, .void])
    func there_are_no_reservations(_ action: ProviderAction) async {
        let transport = FakeTransport()
        #expect(await Self.provider(transport).perform(call(action, about: "pay-ORD-1")).kind == "refused")
        #expect(transport.requests.isEmpty)
    }

    @Test func an_event_is_believed_as_far_as_the_query_confirms_it() async throws {
        let claim =
            #"{"eventType": "PAYMENT_STATUS_CHANGED", "data": {"paymentKey": "pay-ORD-1", "orderId": "ORD-1", "status": "DONE"}}"#
        let transport = FakeTransport(
            .answer(200, Self.payment("DONE")), .answer(200, Self.payment("PARTIAL_CANCELED", Self.refunded)),
            .answer(200, Self.payment("ABORTED")), .answer(404), .answer(500), .fails(.timedOut))
        let provider = Self.provider(transport)
        let read = { try await provider.callback(in: callback(claim), at: Timestamp(milliseconds: 0)) }
        let (done, refund, aborted) = (try await read(), try await read(), try await read())
        #expect(done.event == .succeeded(.charge))
        #expect(done.id == "pay-ORD-1.DONE.tx-1")
        #expect(refund.event == .succeeded(.refund))
        #expect(refund.idempotencyKey == "R-1")
        #expect(refund.money.amount == 4000)
        #expect(aborted.event == .refused(.charge, reason: "ABORTED"))
        let absent = await #expect(throws: InvalidCallback.self) { _ = try await read() }
        #expect(absent?.kind == .forged)
        for _ in 0..<2 {
            let error = await #expect(throws: InvalidCallback.self) { _ = try await read() }
            #expect(error?.kind == .unconfirmed)
        }
    }

    @Test func the_statement_is_read_by_cursor() async throws {
        let line =
            #"{"transactionKey": "tx-1", "paymentKey": "pay-1", "orderId": "ORD-1", "status": "DONE", "amount": 10000}"#
        let back =
            #"{"transactionKey": "tx-2", "paymentKey": "pay-1", "orderId": "ORD-1", "status": "CANCELED", "amount": 4000}"#
        let transport = FakeTransport(.answer(200, "[\(line), \(back)]"))
        let provider = Self.provider(transport)
        let lines = try await provider.wholeStatement()
        #expect(lines.map(\.reference) == ["pay-1", "tx-2"])
        #expect(lines.map(\.kind) == [.capture, .refund])
        #expect(lines.map(\.money.amount) == [10000, 4000])
        #expect(
            try #require(transport.requests.first).url.contains(
                "startDate=2025-12-31T09:00:00&endDate=2026-01-01T09:00:00"))
    }

    /// A month at a time, each window a day into the next one, and by cursor within one.
    @Test func a_long_statement_is_read_in_windows() async throws {
        let line = { (key: Int) in
            #"{"transactionKey": "tx-\#(key)", "paymentKey": "pay-\#(key)", "orderId": "ORD-1", "status": "DONE", "amount": 1}"#
        }
        let full = "[" + (1...1000).map(line).joined(separator: ",") + "]"
        let transport = FakeTransport(.answer(200, full), .answer(200, "[\(line(1001))]"), .answer(200, "[]"))
        let provider = TossProvider(
            TossSettings(secretKey: "test_sk_1", paymentKey: PaymentToken("pay-{orderId}"), statementDays: 40),
            transport: transport, now: { Timestamp(milliseconds: 1_767_225_600_000) })
        #expect(try await provider.wholeStatement().count == 1001)
        let urls = transport.requests.map(\.url)
        #expect(urls.count == 3)
        #expect(urls[0].contains("startDate=2025-11-22T09:00:00&endDate=2025-12-23T09:00:00"))
        #expect(urls[1].contains("startDate=2025-11-22T09:00:00") && urls[1].hasSuffix("&startingAfter=tx-1000"))
        #expect(urls[2].contains("startDate=2025-12-22T09:00:00&endDate=2026-01-01T09:00:00"))
    }
}
