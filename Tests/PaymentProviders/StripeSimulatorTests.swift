import HTTP
import Kernel
import PaymentProviders
import SimulatorTestSupport
import Testing

/// The Stripe adapter against the simulator's Stripe.
@Suite struct StripeSimulatorTests {
    private static let always = StatementWindow(
        start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max))

    private static func provider(_ psp: SimulatorUnderTest, token: String = "pm_card_visa") -> StripeProvider {
        StripeProvider(
            StripeSettings(
                baseURL: SimulatorUnderTest.baseURL, secretKey: "sk_test_sambal", webhookSecrets: ["whsec_test_sambal"],
                paymentMethod: PaymentToken(token), timeout: .seconds(2)),
            transport: psp.transport)
    }

    @Test func a_charge_is_made_once_found_told_and_refunded() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            #expect(await provider.find(call()) == .absent)
            let reference = try #require(await provider.perform(call()).reference)
            #expect(reference.hasPrefix("pi_"))
            #expect(await provider.perform(call()) == .succeeded(report(reference)))
            #expect(await provider.find(call()) == .succeeded(report(reference)))
            let refund = call(.refund, 4000, key: "R-1", about: reference)
            #expect(await provider.find(refund) == .absent)
            let refunded = try #require(await provider.perform(refund).reference)
            #expect(await provider.perform(refund) == .succeeded(report(refunded, 4000)))
            #expect(await provider.find(refund) == .succeeded(report(refunded, 4000)))
            #expect(await provider.perform(call(.refund, 6001, key: "R-2", about: reference)).kind == "refused")
            let events = try await psp.receive(3)
            var callbacks: [ProviderCallback] = []
            for event in events { callbacks.append(try await provider.callback(in: event, at: psp.loop.now)) }
            #expect(events.allSatisfy { $0.path == "/api/payments/callbacks/stripe" })
            let charge = try #require(callbacks.first { $0.event == .succeeded(.charge) })
            #expect(charge.reference == reference)
            #expect(charge.idempotencyKey == "PAY-IDEMPOTENCY-ORD-1")
            let back = try #require(callbacks.first { $0.event == .succeeded(.refund) })
            #expect(back.refundReference == refunded)
            #expect(back.idempotencyKey == "R-1")
            #expect(back.money == Money(4000, .southKoreanWon))
            #expect(callbacks.contains { $0.event == .other("charge.refunded") })
            let lines = try await provider.wholeStatement()
            #expect(lines.map(\.kind) == [.refund, .capture])
            #expect(lines.map(\.reference) == [refunded, reference])
            #expect(lines.map(\.orderId) == ["ORD-1", "ORD-1"])
            #expect(lines.map(\.chargeReference) == [reference, reference])
            #expect(lines.map(\.idempotencyKey) == ["R-1", "PAY-IDEMPOTENCY-ORD-1"])
            #expect(lines.allSatisfy { $0.movedAt != nil })
            #expect(Set(try await provider.movements(of: call())) == Set(lines))
        }
    }

    @Test func an_authorisation_is_captured_or_voided() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            let first = try #require(await provider.perform(call(.authorise, key: "A-1")).reference)
            let capture = call(.capture, 7000, key: "C-1", about: first)
            #expect(await provider.find(capture) == .absent)
            #expect(await provider.perform(capture) == .succeeded(report(first, 7000)))
            #expect(await provider.find(capture) == .succeeded(report(first, 7000)))
            #expect(await provider.perform(call(.void, key: "V-1", about: first)).kind == "refused")
            let second = try #require(await provider.perform(call(.authorise, key: "A-2")).reference)
            let void = call(.void, key: "V-2", about: second)
            #expect(await provider.find(void) == .absent)
            #expect(await provider.perform(void) == .succeeded(report(second)))
            #expect(await provider.find(void) == .succeeded(report(second)))
            let events = try await psp.receive(4)
            var seen: [ProviderCallback.Event] = []
            for event in events { seen.append(try await provider.callback(in: event, at: psp.loop.now).event) }
            #expect(Set(seen) == [.succeeded(.authorise), .succeeded(.capture), .succeeded(.void)])
        }
    }

    @Test func a_declined_card_is_refused_in_the_answer_the_look_up_and_the_event() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp, token: "pm_card_chargeDeclinedInsufficientFunds")
            #expect(await provider.perform(call()) == .refused(reason: "insufficient_funds"))
            #expect(await provider.find(call()) == .refused(reason: "insufficient_funds"))
            let event = try #require(try await psp.receive(1).first)
            let callback = try await provider.callback(in: event, at: psp.loop.now)
            #expect(callback.event == .refused(.charge, reason: "insufficient_funds"))
        }
    }

    @Test(arguments: ["lostReplies", "serverErrorsAfter"])
    func what_was_done_without_an_answer_is_unknown_then_found(_ fault: String) async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            try await psp.faults(#"{"\#(fault)": "1 time", "callbacksOff": true}"#)
            #expect(await provider.perform(call()).kind == "unknown")
            guard case .succeeded(let report) = await provider.find(call()) else {
                Issue.record("the charge was not found")
                return
            }
            // Stripe keeps a 500 and repeats it; an answer that was lost on the way is repeated as it was.
            let again = await provider.perform(call())
            #expect(fault == "lostReplies" ? again == .succeeded(report) : again.kind == "storedError")
        }
    }

    @Test func a_wrong_key_moves_nothing() async throws {
        try await withSimulator { psp in
            let provider = StripeProvider(
                StripeSettings(baseURL: SimulatorUnderTest.baseURL, secretKey: "sk_other", webhookSecrets: ["whsec"]),
                transport: psp.transport)
            #expect(await provider.perform(call()).kind == "notSent")
            #expect(await Self.provider(psp).find(call()) == .absent)
            let lines = try await Self.provider(psp).wholeStatement()
            #expect(lines.isEmpty)
        }
    }

    @Test func a_statement_of_more_than_one_page_is_whole() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            for number in 1...120 { _ = await provider.perform(call(key: "K-\(number)")) }
            let first = try await provider.statement(in: Self.always, after: nil)
            #expect(first.lines.count == 100 && first.next != nil)
            #expect(try await provider.wholeStatement().count == 120)
            await #expect(throws: ProviderError.self) {
                try await provider.statement(in: Self.always, after: "txn_nonsense")
            }
        }
    }

    @Test func a_key_with_another_body_is_no_second_charge() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp)
            _ = await provider.perform(call())
            #expect(await provider.perform(call(.charge, 5)).kind == "unknown")
            let lines = try await provider.wholeStatement()
            #expect(lines.count == 1)
        }
    }
}
