import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import SimulatorTestSupport
import Testing

/// What Stripe's documents say of keys, refunds and disputes, through the adapter and the simulator's Stripe.
@Suite struct StripeDocumentedTests {
    private static func provider(_ psp: SimulatorUnderTest) -> StripeProvider {
        StripeProvider(
            StripeSettings(
                baseURL: SimulatorUnderTest.baseURL, secretKey: "sk_test_sambal", webhookSecrets: ["whsec_test_sambal"],
                timeout: .seconds(2)),
            transport: psp.transport)
    }

    private static func told(_ psp: SimulatorUnderTest, _ count: Int) async throws -> [ProviderCallback] {
        var callbacks: [ProviderCallback] = []
        for request in try await psp.receive(count) {
            callbacks.append(try await provider(psp).callback(in: request, at: psp.loop.now))
        }
        return callbacks
    }

    private static func admin(_ psp: SimulatorUnderTest, _ path: String, _ body: String = "{}") async throws {
        let answer = try await psp.send(.post, "/admin/" + path, body)
        guard answer.status == 200 else { throw SimulatorUnderTest.Unexpected(answer: answer) }
    }

    /// A 500 is kept for 24 hours, whether the work was done or not; only a look-up tells.
    @Test(arguments: [("serverErrors", "absent"), ("serverErrorsAfter", "succeeded")])
    func a_saved_500_is_repeated_for_a_day(_ fault: String, _ found: String) async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            try await psp.faults(#"{"\#(fault)": "1 time", "callbacksOff": true}"#)
            #expect(await provider.perform(call()).kind == "unknown")
            for _ in 0..<3 {
                #expect(await provider.perform(call()).kind == "storedError")
                #expect(await provider.find(call()).kind == found)
                try await psp.loop.sleep(for: .seconds(7 * 3600))
            }
            try await psp.loop.sleep(for: .seconds(3 * 3600))
            // The key is forgotten: the same request is a new one, and takes the money (again).
            #expect(await provider.perform(call()).kind == "succeeded")
            #expect(try await provider.wholeStatement().count == (found == "absent" ? 1 : 2))
        }
    }

    @Test(arguments: ["rateLimited", "unavailable"])
    func what_was_not_begun_is_not_kept(_ fault: String) async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            try await psp.faults(#"{"\#(fault)": "1 time"}"#)
            let kind = await provider.perform(call()).kind
            #expect(kind == (fault == "rateLimited" ? "notSent" : "unknown"))
            #expect(await provider.perform(call()).kind == "succeeded")
        }
    }

    @Test func a_request_that_is_worked_on_is_in_the_way_of_another_with_its_key() async throws {
        try await withSimulator("lostReplyDelay: 30s") { psp in
            let provider = Self.provider(psp)
            try await psp.faults(#"{"hangs": "1 time"}"#)
            #expect(await provider.perform(call()).kind == "unknown")
            let second = await provider.perform(call())
            #expect(second.reason?.contains("idempotency_key_in_use") == true)
            #expect(second.kind == "unknown")
            try await psp.loop.sleep(for: .seconds(31))
            #expect(await provider.perform(call()).kind == "succeeded")
        }
    }

    /// Both are reported; what the later one means is for the caller to say.
    @Test func a_decline_is_followed_by_a_success_of_the_same_payment() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            try await psp.faults(#"{"declinesFirst": "1 time", "lateAfter": "1m"}"#)
            #expect(await provider.perform(call()) == .refused(reason: "insufficient_funds"))
            #expect(await provider.find(call()) == .refused(reason: "insufficient_funds"))
            let told = try await Self.told(psp, 2)
            #expect(told.map(\.event) == [.refused(.charge, reason: "insufficient_funds"), .succeeded(.charge)])
            #expect(told[0].reference == told[1].reference)
            #expect(await provider.find(call()).kind == "succeeded")
        }
    }

    @Test func a_late_payment_is_pending_until_it_succeeds() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            try await psp.faults(#"{"lateCaptures": "1 time", "lateAfter": "1m"}"#)
            #expect(await provider.perform(call()).kind == "accepted")
            #expect(await provider.find(call()).kind == "pending")
            let told = try await Self.told(psp, 2)
            #expect(told.map(\.event) == [.other("payment_intent.processing"), .succeeded(.charge)])
            #expect(try await provider.wholeStatement().count == 1)
        }
    }

    @Test func a_refund_at_stripes_side_names_the_payment_and_no_order() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            let intent = try #require(await provider.perform(call()).reference)
            try await Self.admin(psp, "charges/\(intent)/refund", #"{"amount": 4000}"#)
            let told = try await Self.told(psp, 3)
            let refund = try #require(told.first { $0.event == .succeeded(.refund) })
            #expect(refund.reference == intent)
            #expect(refund.orderId.isEmpty && refund.idempotencyKey == nil)
            #expect(refund.money.amount == 4000)
            let lines = try await provider.wholeStatement()
            #expect(lines.map(\.kind) == [.refund, .capture])
            // The statement shows the refund with its PaymentIntent, which knows the order.
            #expect(lines.map(\.orderId) == ["ORD-1", "ORD-1"])
            #expect(lines.first?.reference == refund.refundReference)
            #expect(Set(try await provider.movements(of: call())) == Set(lines))
        }
    }

    @Test func a_refund_that_fails_after_its_success_is_told_and_comes_back() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            let intent = try #require(await provider.perform(call()).reference)
            let refund = call(.refund, 4000, key: "R-1", about: intent)
            let made = try #require(await provider.perform(refund).reference)
            try await Self.admin(psp, "refunds/\(made)/fail", #"{"reason": "expired_or_canceled_card"}"#)
            let told = try await Self.told(psp, 4)
            let failed = try #require(told.last)
            #expect(failed.event == .refused(.refund, reason: "expired_or_canceled_card"))
            #expect(failed.refundReference == made && failed.idempotencyKey == "R-1")
            #expect(await provider.find(refund) == .refused(reason: "expired_or_canceled_card"))
            let lines = try await provider.wholeStatement()
            #expect(Set(lines.map(\.kind)) == [.capture, .refund, .refundFailure])
            #expect(lines.filter { $0.reference == made }.count == 2)
            #expect(try await provider.movements(of: call()).map(\.kind) == [.capture, .refund, .refundFailure])
        }
    }

    @Test(arguments: [("pendingRefunds", "succeeded"), ("refundFailsLater", "refused")])
    func a_pending_refund_is_decided_later(_ fault: String, _ end: String) async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            let intent = try #require(await provider.perform(call()).reference)
            try await psp.faults(#"{"\#(fault)": "1 time", "lateAfter": "1m"}"#)
            let refund = call(.refund, 4000, key: "R-1", about: intent)
            #expect(await provider.perform(refund).kind == "accepted")
            #expect(await provider.find(refund).kind == "pending")
            let told = try await Self.told(psp, 4)
            let last = try #require(told.last)
            #expect(
                last.event
                    == (end == "succeeded" ? .succeeded(.refund) : .refused(.refund, reason: "insufficient funds")))
            #expect(await provider.find(refund).kind == end)
            #expect(await provider.perform(refund).kind == "accepted")
        }
    }

    @Test func a_dispute_is_told_stage_by_stage_and_stands_in_the_statement() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            let intent = try #require(await provider.perform(call()).reference)
            let stages: [DisputeStage] = [.opened, .fundsWithdrawn, .fundsReinstated, .won]
            for stage in stages {
                try await Self.admin(psp, "charges/\(intent)/dispute", #"{"stage": "\#(stage.rawValue)"}"#)
            }
            let told = try await Self.told(psp, 5).dropFirst()
            #expect(
                told.compactMap { callback -> DisputeStage? in
                    if case .disputed(_, let stage) = callback.event { stage } else { nil }
                } == stages)
            #expect(told.allSatisfy { $0.reference == intent && $0.money.amount == 10_000 })
            let lines = try await provider.wholeStatement()
            #expect(Set(lines.map(\.kind)) == [.capture, .dispute, .disputeReversal])
            #expect(Set(try await provider.movements(of: call())) == Set(lines))
        }
    }

    @Test func an_amount_that_is_not_ours_is_reported_as_it_is() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            try await psp.faults(#"{"wrongAmounts": "1 time"}"#)
            #expect(await provider.perform(call()).report?.money?.amount == 10_100)
            #expect(try await Self.told(psp, 1).map(\.money.amount) == [10_100])
            #expect(await provider.find(call()).report?.money?.amount == 10_000)
        }
    }

    @Test func a_statement_keeps_to_its_window() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            _ = await provider.perform(call(key: "K-1"))
            try await psp.loop.sleep(for: .seconds(10))
            let start = psp.loop.now
            _ = await provider.perform(call(key: "K-2"))
            try await psp.loop.sleep(for: .seconds(10))
            let end = psp.loop.now
            _ = await provider.perform(call(key: "K-3"))
            let page = try await provider.statement(in: StatementWindow(start: start, end: end), after: nil)
            #expect(page.lines.map(\.idempotencyKey) == ["K-2"])
            #expect(page.next == nil)
        }
    }

    /// Events as Stripe's documents show them, about objects that this shop did not make, or in forms that it does not know.
    @Test(arguments: [
        (
            "payment_intent.canceled",
            #"{"id": "pi_1", "object": "payment_intent", "amount": 5, "currency": "krw", "status": "canceled", "capture_method": "manual", "metadata": {}}"#,
            ProviderCallback.Event.succeeded(.void)
        ),
        (
            "payment_intent.canceled",
            #"{"id": "pi_1", "object": "payment_intent", "amount": 5, "currency": "krw", "status": "canceled", "capture_method": "automatic", "cancellation_reason": "abandoned"}"#,
            .refused(.charge, reason: "the payment was canceled: abandoned")
        ),
        (
            "payment_intent.succeeded",
            #"{"id": "pi_1", "object": "payment_intent", "amount": 5, "currency": "xxx", "status": "succeeded"}"#,
            .other("payment_intent.succeeded")
        ),
        (
            "refund.created",
            #"{"id": "re_1", "object": "refund", "amount": 5, "currency": "krw", "status": "pending", "payment_intent": "pi_1"}"#,
            .other("refund.created")
        ),
        (
            "refund.updated",
            #"{"id": "re_1", "object": "refund", "amount": 5, "currency": "krw", "status": "succeeded", "payment_intent": "pi_1"}"#,
            .succeeded(.refund)
        ),
        (
            "charge.refund.updated",
            #"{"id": "re_1", "object": "refund", "amount": 5, "currency": "krw", "status": "failed", "failure_reason": "lost_or_stolen_card", "payment_intent": "pi_1"}"#,
            .refused(.refund, reason: "lost_or_stolen_card")
        ),
        (
            "charge.refunded", #"{"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}"#,
            .other("charge.refunded")
        ),
        (
            "charge.dispute.closed",
            #"{"id": "du_1", "object": "dispute", "amount": 5, "currency": "krw", "status": "lost", "payment_intent": "pi_1"}"#,
            .disputed(id: "du_1", .lost)
        ),
        (
            "charge.dispute.closed",
            #"{"id": "du_1", "object": "dispute", "amount": 5, "currency": "krw", "status": "warning_closed", "payment_intent": "pi_1"}"#,
            .disputed(id: "du_1", .won)
        ),
        (
            "charge.dispute.updated",
            #"{"id": "du_1", "object": "dispute", "amount": 5, "currency": "krw", "status": "needs_response", "payment_intent": "pi_1"}"#,
            .other("charge.dispute.updated")
        ),
        ("customer.created", #"{"id": "cus_1", "object": "customer"}"#, .other("customer.created")),
        ("payout.paid", #"{"id": 7, "object": {"of": "another form"}}"#, .other("payout.paid")),
    ])
    func an_event_means(_ type: String, _ object: String, _ event: ProviderCallback.Event) async throws {
        let now = Timestamp(milliseconds: 1_767_225_600_000)
        let body =
            #"{"id": "evt_1", "object": "event", "type": "\#(type)", "request": null, "data": {"object": \#(object)}}"#
        let signature = StripeSignature.make(.init(body.utf8), secret: "whsec_1", at: now)
        let provider = StripeProvider(
            StripeSettings(secretKey: "sk", webhookSecrets: ["whsec_1"]), transport: FakeTransport())
        let read = try await provider.callback(in: callback(body, headers: ["Stripe-Signature": signature]), at: now)
        #expect(read.event == event)
        #expect(read.orderId.isEmpty)
        if case .other = event { return }
        #expect(read.reference == "pi_1")
        #expect(read.money.amount == 5)
    }
}
