import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import Synchronization
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
        #", "cancels": [{"cancelAmount": 4000, "cancelReason": "refund [R-1]", "transactionKey": "tx-2", "cancelStatus": "DONE"}]"#

    @Test func a_charge_confirms_the_payment_of_the_window() async throws {
        let transport = FakeTransport(.answer(200, Self.payment("DONE")))
        #expect(await Self.provider(transport).perform(call()) == .succeeded(report("pay-ORD-1")))
        let request = try #require(transport.requests.first)
        #expect(request.url == "https://api.tosspayments.com/v1/payments/confirm")
        #expect(request.headers["Idempotency-Key"] == "PAY-IDEMPOTENCY-ORD-1")
        #expect(request.headers["Authorization"] == "Basic " + Data("test_sk_1:".utf8).base64EncodedString())
        #expect(request.text.contains(#""amount":10000"#))
        #expect(request.text.contains(#""paymentKey":"pay-ORD-1""#))
    }

    @Test func only_200_tells_toss_that_an_event_was_taken() {
        #expect(Self.provider(FakeTransport()).acknowledgement == 200)
    }

    @Test func dollars_are_sent_with_cents() async throws {
        let transport = FakeTransport(.answer(200, Self.payment("DONE")))
        _ = await Self.provider(transport).perform(call(.charge, 10_050, try #require(Currency(code: "USD"))))
        #expect(try #require(transport.requests.first).text.contains(#""amount":100.5"#))
    }

    @Test func a_payment_that_was_confirmed_before_is_looked_up() async {
        let processed = #"{"code": "ALREADY_PROCESSED_PAYMENT", "message": "m"}"#
        let transport = FakeTransport(.answer(400, processed), .answer(200, Self.payment("DONE")))
        #expect(await Self.provider(transport).perform(call()) == .succeeded(report("pay-ORD-1")))
        #expect(transport.requests.last?.url == "https://api.tosspayments.com/v1/payments/orders/ORD-1")
    }

    /// Toss repeats an error for the same key for 15 days: sent again it tells nothing, and then it would take the money.
    @Test(arguments: [
        (500, "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING"), (500, "FAILED_INTERNAL_SYSTEM_PROCESSING"),
        (400, "PROVIDER_ERROR"),
    ])
    func an_error_that_toss_keeps_for_the_key_is_only_looked_up(_ status: Int, _ code: String) async {
        let transport = FakeTransport(.answer(status, #"{"code": "\#(code)", "message": "m"}"#))
        let outcome = await Self.provider(transport).perform(call())
        #expect(outcome.kind == "storedError" && outcome.reason?.contains(code) == true)
    }

    @Test func a_refund_cancels_a_part_and_is_found_by_its_key() async throws {
        let body = Self.payment("PARTIAL_CANCELED", Self.refunded)
        let transport = FakeTransport(.answer(200, body), .answer(200, body), .answer(200, body))
        let refund = call(.refund, 4000, key: "R-1", about: "pay-ORD-1")
        let provider = Self.provider(transport)
        #expect(await provider.perform(refund) == .succeeded(report("tx-2", 4000)))
        #expect(await provider.find(refund) == .succeeded(report("tx-2", 4000)))
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
            .answer(200, Self.payment("ABORTED")), .answer(500), .fails(.timedOut), .answer(404, "<html>"))
        let provider = Self.provider(transport)
        let read = { (second: Int64) in
            try await provider.callback(in: callback(claim), at: Timestamp(milliseconds: second * 1000))
        }
        let (done, refund, aborted) = (try await read(1), try await read(2), try await read(3))
        #expect(done.event == .succeeded(.charge))
        #expect(done.id == "pay-ORD-1.DONE.tx-1")
        #expect(refund.event == .succeeded(.refund))
        #expect(refund.idempotencyKey == "R-1")
        #expect(refund.money.amount == 4000)
        #expect(aborted.event == .refused(.charge, reason: "ABORTED"))
        for second in 4...6 {
            let error = await #expect(throws: InvalidCallback.self) { _ = try await read(Int64(second)) }
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
        #expect(lines.map(\.chargeReference) == ["pay-1", "pay-1"])
    }

    /// A month at a time, and by cursor within one.
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
        #expect(urls[2].contains("startDate=2025-12-23T09:00:00&endDate=2026-01-01T09:00:00"))
    }

    @Test func a_statement_keeps_to_its_window_and_says_when_money_moved() async throws {
        let line =
            #"{"transactionKey": "tx-1", "paymentKey": "pay-1", "orderId": "", "status": "DONE", "amount": 10000, "transactionAt": "2025-12-31T12:00:00+09:00"}"#
        let transport = FakeTransport(.answer(200, "[\(line)]"))
        let start = Timestamp(milliseconds: 1_767_225_600_000 - 7_200_000)
        let page = try await Self.provider(transport).statement(
            in: StatementWindow(start: start, end: start + .seconds(3600)), after: nil)
        #expect(
            try #require(transport.requests.first).url.contains(
                "startDate=2026-01-01T07:00:00&endDate=2026-01-01T08:00:00"))
        #expect(page.next == nil)
        #expect(page.lines.map(\.orderId) == [""])
        #expect(page.lines.first?.movedAt == Timestamp("2025-12-31T03:00:00Z"))
    }

    /// 3,600 events of strangers within a minute cause few calls; an event about a payment that this shop confirmed is
    /// looked up all the same.
    @Test func unsigned_events_cause_few_calls() async throws {
        let transport = TossOfStrangers()
        let provider = TossProvider(
            TossSettings(secretKey: "test_sk_1", paymentKey: PaymentToken("pay-{orderId}")), transport: transport,
            now: { Timestamp(milliseconds: 0) })
        _ = await provider.perform(call())
        var kinds: [InvalidCallback.Kind: Int] = [:]
        for number in 0..<3600 {
            let time = Timestamp(milliseconds: Int64(number) * 60_000 / 3600)
            do {
                _ = try await provider.callback(in: Self.event("strange-\(number % 1800)"), at: time)
                Issue.record("a stranger was believed")
            } catch {
                kinds[error.kind, default: 0] += 1
            }
        }
        let calls = transport.count.withLock { $0 }
        #expect(calls <= 1 + 20 + 60)
        #expect((kinds[.forged] ?? 0) > 0 && (kinds[.unconfirmed] ?? 0) > 3000)
        let known = try await provider.callback(in: Self.event("pay-ORD-1"), at: Timestamp(milliseconds: 60_000))
        #expect(known.event == .succeeded(.charge))
        let again = await #expect(throws: InvalidCallback.self) {
            try await provider.callback(in: Self.event("pay-ORD-1"), at: Timestamp(milliseconds: 60_001))
        }
        #expect(again?.kind == .unconfirmed)
        #expect(transport.count.withLock { $0 } == calls + 1)
    }

    private static func event(_ paymentKey: String) -> Request {
        callback(#"{"eventType": "PAYMENT_STATUS_CHANGED", "data": {"paymentKey": "\#(paymentKey)"}}"#)
    }

    @Test(arguments: ["METHOD_UPDATED", "DEPOSIT_CALLBACK", "payout.changed", "made up"])
    func other_events_are_taken_without_effect_and_without_a_call(_ type: String) async throws {
        let transport = FakeTransport()
        let body = #"{"eventType": "\#(type)", "createdAt": "2026-01-01T00:00:00.000", "data": {"orderId": "ORD-1"}}"#
        let read = try await Self.provider(transport).callback(in: callback(body), at: Timestamp(milliseconds: 0))
        #expect(read.event == .other(type == "made up" ? "unknown event" : type))
        #expect(read.orderId.isEmpty)
        #expect(transport.requests.isEmpty)
    }

    /// A refund that was made at Toss has no key of ours; the event names which, and a later one may be there already.
    @Test func a_cancellation_is_told_as_the_one_that_the_event_is_about() async throws {
        let cancels = #"""
            , "cancels": [{"cancelAmount": 1000, "cancelReason": "by hand", "transactionKey": "tx-2", "cancelStatus": "DONE"},             {"cancelAmount": 2000, "cancelReason": "by hand", "transactionKey": "tx-3", "cancelStatus": "DONE"},             {"cancelAmount": 3000, "cancelReason": "by hand", "transactionKey": "tx-4", "cancelStatus": "ABORTED"},             {"cancelAmount": 500, "cancelReason": "by hand", "transactionKey": "tx-5", "cancelStatus": "IN_PROGRESS"}]
            """#
        for (key, amount, event) in [
            ("tx-2", 1000, .succeeded(.refund)), ("tx-3", 2000, .succeeded(.refund)),
            ("tx-4", 3000, .refused(.refund, reason: "the cancellation was aborted")),
            ("tx-5", 500, .other("cancel IN_PROGRESS")),
        ] as [(String, Int64, ProviderCallback.Event)] {
            let body = """
                {"eventType": "PAYMENT_STATUS_CHANGED", "data": {"paymentKey": "pay-ORD-1", "orderId": "ORD-1", \
                "lastTransactionKey": "\(key)"}}
                """
            let transport = FakeTransport(.answer(200, Self.payment("PARTIAL_CANCELED", cancels)))
            let read = try await Self.provider(transport).callback(in: callback(body), at: Timestamp(milliseconds: 0))
            #expect(read.event == event)
            #expect(read.money.amount == amount)
            #expect(read.refundReference == key)
            #expect(read.idempotencyKey == nil)
            #expect(read.orderId == "ORD-1")
        }
        let transport = FakeTransport(.answer(200, Self.payment("PARTIAL_CANCELED", cancels)))
        let lines = try await Self.provider(transport).movements(of: call())
        #expect(lines.map(\.money.amount) == [10000, 1000, 2000])
    }
}

/// A Toss that knows one payment.
private final class TossOfStrangers: Transport {
    let count = Mutex(0)

    func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        count.withLock { $0 += 1 }
        let isKnown = request.url.contains("pay-ORD-1") || request.method == .post
        let body =
            isKnown
            ? #"{"paymentKey": "pay-ORD-1", "orderId": "ORD-1", "status": "DONE", "totalAmount": 10000}"#
            : #"{"code": "NOT_FOUND_PAYMENT", "message": "m"}"#
        return Response(status: isKnown ? 200 : 404, headers: [:], body: Data(body.utf8))
    }
}
