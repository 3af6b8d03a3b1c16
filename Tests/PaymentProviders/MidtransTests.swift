import HTTP
import Kernel
import PaymentProviders
import SimulatorTestSupport
import Testing

/// The Midtrans adapter against the simulator's Midtrans, and against answers as Midtrans documents them.
@Suite struct MidtransTests {
    private static func provider(_ transport: any Transport, token: String = "token-1") -> MidtransProvider {
        MidtransProvider(
            MidtransSettings(
                baseURL: SimulatorUnderTest.baseURL, serverKey: "SB-Mid-server-sambal", cardToken: PaymentToken(token),
                currency: .rupiah, timeout: .seconds(2)),
            transport: transport)
    }

    @Test func the_signature_is_the_one_that_openssl_computes() {
        let signature = MidtransSignature.make(
            orderId: "ORDER-1", statusCode: "200", grossAmount: "10000.00", serverKey: "SB-key")
        let expected =
            "04b12fc5197e92e50541c33390945cc40bd49b8c7576433b709726f495de0d9d"
            + "cefefb33dfd4cdd84ebc0ec4f7ab1b449e86279009c9142934908bc1e4d95f4c"
        #expect(signature == expected)
    }

    @Test func a_charge_is_made_once_found_told_and_refunded_after_its_settlement() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            let charge = call(.charge, 1_500_000, .rupiah)
            #expect(await provider.find(charge) == .absent)
            let reference = try #require(await provider.perform(charge).reference)
            let whole = report(reference, 1_500_000, .rupiah)
            #expect(await provider.perform(charge) == .succeeded(whole))
            #expect(await provider.find(charge) == .succeeded(whole))
            _ = try await psp.send(.post, "/admin/charges/\(reference)/settle", "{}")
            let refund = call(.refund, 500_000, .rupiah, key: "R-1", about: reference)
            #expect(await provider.find(refund) == .absent)
            #expect(await provider.perform(refund) == .succeeded(report("R-1", 500_000, .rupiah)))
            #expect(await provider.perform(refund) == .succeeded(report("R-1", 500_000, .rupiah)))
            let tooMuch = call(.refund, 1_100_000, .rupiah, key: "R-2", about: reference)
            #expect(await provider.perform(tooMuch).kind == "refused")
            let events = try await psp.receive(3)
            var callbacks: [ProviderCallback] = []
            for event in events { callbacks.append(try await provider.callback(in: event, at: psp.loop.now)) }
            #expect(callbacks.map(\.event) == [.succeeded(.charge), .succeeded(.charge), .succeeded(.refund)])
            #expect(callbacks.map(\.orderId) == ["ORD-1", "ORD-1", "ORD-1"])
            #expect(callbacks.map(\.idempotencyKey) == [charge.idempotencyKey, charge.idempotencyKey, "R-1"])
            #expect(callbacks.map(\.money.amount) == [1_500_000, 1_500_000, 500_000])
            // The settlement is news of its own.
            #expect(Set(callbacks.map(\.id)).count == 3)
            let lines = try await provider.movements(of: charge)
            #expect(lines.map(\.kind) == [.capture, .refund])
            #expect(lines.map(\.reference) == [reference, "R-1"])
            #expect(lines.map(\.money.amount) == [1_500_000, 500_000])
            #expect(!provider.hasStatement)
        }
    }

    @Test func before_its_settlement_a_charge_is_given_back_whole_by_its_cancellation() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            let reference = try #require(await provider.perform(call(.charge, 10_000, .rupiah)).reference)
            let part = call(.refund, 4_000, .rupiah, key: "R-1", about: reference)
            guard case .notSent(_, .seconds(3600)) = await provider.perform(part) else {
                Issue.record("a part was refunded before the settlement")
                return
            }
            #expect(await provider.find(part) == .absent)
            let whole = call(.refund, 10_000, .rupiah, key: "R-2", about: reference)
            #expect(await provider.find(whole) == .absent)
            let done = ProviderOutcome.succeeded(report(reference + ".cancel", 10_000, .rupiah))
            #expect(await provider.perform(whole) == done)
            #expect(await provider.perform(whole) == done)
            #expect(await provider.find(whole).outcome == done)
            #expect(await provider.perform(part).kind == "refused")
            let events = try await psp.receive(2)
            let told = try await provider.callback(in: events[1], at: psp.loop.now)
            #expect(told.event == .succeeded(.refund))
            #expect(told.refundReference == reference + ".cancel")
            #expect(told.orderId == "ORD-1")
            #expect(
                try await provider.movements(of: call(.charge, 10_000, .rupiah)).map(\.kind) == [.capture, .refund])
        }
    }

    @Test func a_part_that_came_too_early_is_refunded_after_the_settlement() async throws {
        try await withSimulator("midtrans: { settleAfter: 1h }") { psp in
            let provider = Self.provider(psp.transport)
            let reference = try #require(await provider.perform(call(.charge, 10_000, .rupiah)).reference)
            let part = call(.refund, 4_000, .rupiah, key: "R-1", about: reference)
            #expect(await provider.perform(part).kind == "notSent")
            try await psp.loop.sleep(for: .seconds(3600))
            _ = try await psp.receive(2)
            #expect(await provider.perform(part) == .succeeded(report("R-1", 4_000, .rupiah)))
        }
    }

    @Test func an_authorisation_is_captured_or_voided() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            let first = try #require(await provider.perform(call(.authorise, 10_000, .rupiah, key: "A-1")).reference)
            let capture = call(.capture, 10_000, .rupiah, key: "C-1", about: first)
            #expect(await provider.find(capture) == .absent)
            #expect(await provider.perform(capture) == .succeeded(report(first, 10_000, .rupiah)))
            #expect(await provider.perform(capture) == .succeeded(report(first, 10_000, .rupiah)))
            let second = try #require(await provider.perform(call(.authorise, 10_000, .rupiah, key: "A-2")).reference)
            let void = call(.void, 10_000, .rupiah, key: "V-1", about: second)
            #expect(await provider.perform(void) == .succeeded(report(second, 10_000, .rupiah)))
            #expect(await provider.find(void) == .succeeded(report(second, 10_000, .rupiah)))
            #expect(
                await provider.perform(call(.capture, 10_000, .rupiah, key: "C-2", about: second)).kind == "refused")
        }
    }

    @Test func a_denied_card_and_other_money_are_refused() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport, token: "token-deny")
            #expect(await provider.perform(call(.charge, 10_000, .rupiah)).kind == "refused")
            #expect(await provider.find(call(.charge, 10_000, .rupiah)).kind == "refused")
            #expect(await provider.perform(call(.charge, 10_050, .rupiah, key: "K-2")).kind == "refused")
            #expect(await provider.perform(call(.charge, 10_000, key: "K-3")).kind == "refused")
            #expect(await provider.find(call(.charge, 10_000, .rupiah, key: "K-2")) == .absent)
        }
    }

    @Test func a_call_done_without_an_answer_is_unknown_then_found() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            try await psp.faults(#"{"lostReplies": "1 time", "callbacksOff": true}"#)
            #expect(await provider.perform(call(.charge, 10_000, .rupiah)).kind == "unknown")
            #expect(await provider.find(call(.charge, 10_000, .rupiah)).kind == "succeeded")
            #expect(await provider.perform(call(.charge, 10_000, .rupiah)).kind == "succeeded")
            #expect(
                await provider.perform(call(.authorise, 10_000, .rupiah, key: "a key / with more")).kind == "succeeded")
            #expect(
                await provider.find(call(.authorise, 10_000, .rupiah, key: "a key / with more")).kind == "succeeded")
        }
    }

    @Test func a_forged_notification_is_not_asked_about() async throws {
        let transport = FakeTransport()
        let body = #"{"order_id": "K", "status_code": "200", "gross_amount": "1.00", "signature_key": "00"}"#
        let error = await #expect(throws: InvalidCallback.self) {
            try await Self.provider(transport).callback(in: callback(body), at: Timestamp(milliseconds: 0))
        }
        #expect(error?.kind == .forged)
        #expect(transport.requests.isEmpty)
    }

    /// The signature does not cover the status: a notification that says more than Midtrans itself is not believed.
    @Test func a_status_that_was_changed_on_the_way_is_corrected_by_the_query() async throws {
        let signature = MidtransSignature.make(
            orderId: "K", statusCode: "200", grossAmount: "100.00", serverKey: "SB-Mid-server-sambal")
        let status = { (status: String) in
            """
            {"order_id": "K", "transaction_id": "T", "status_code": "200", "gross_amount": "100.00", \
            "transaction_status": "\(status)", "custom_field1": "ORD-1", "signature_key": "\(signature)"}
            """
        }
        let transport = FakeTransport(.answer(200, status("deny")))
        let read = try await Self.provider(transport).callback(
            in: callback(status("settlement")), at: Timestamp(milliseconds: 0))
        #expect(read.event == .refused(.charge, reason: "deny"))
        #expect(transport.requests.map(\.url) == ["http://psp/v2/K/status"])
    }

    @Test func a_notification_that_cannot_be_confirmed_now_is_to_be_sent_again() async throws {
        let signature = MidtransSignature.make(
            orderId: "K", statusCode: "200", grossAmount: "100.00", serverKey: "SB-Mid-server-sambal")
        let body = """
            {"order_id": "K", "status_code": "200", "gross_amount": "100.00", "signature_key": "\(signature)"}
            """
        for answer in [.fails(.timedOut), .answer(500), .answer(429), .answer(404, "<html>")]
            as [Result<Response, TransportError>]
        {
            let error = await #expect(throws: InvalidCallback.self) {
                try await Self.provider(FakeTransport(answer)).callback(
                    in: callback(body), at: Timestamp(milliseconds: 0))
            }
            #expect(error?.kind == .unconfirmed)
        }
    }

    /// The dashboard's button "test" sends a notification that is signed, about a transaction that does not exist.
    @Test func a_signed_notification_of_no_transaction_is_taken_without_effect() async throws {
        let id = "payment_notif_test_M1_1"
        let signature = MidtransSignature.make(
            orderId: id, statusCode: "200", grossAmount: "105000.00", serverKey: "SB-Mid-server-sambal")
        let body = """
            {"order_id": "\(id)", "status_code": "200", "gross_amount": "105000.00", "transaction_id": "T", \
            "transaction_status": "settlement", "signature_key": "\(signature)"}
            """
        let absent = #"{"status_code": "404", "status_message": "Transaction doesn't exist."}"#
        let read = try await Self.provider(FakeTransport(.answer(404, absent))).callback(
            in: callback(body), at: Timestamp(milliseconds: 0))
        #expect(read.event == .other("settlement"))
        #expect(read.orderId.isEmpty)
    }

    /// Not even a key that the configuration left empty: anybody could sign with it.
    @Test func nothing_is_genuine_by_an_empty_key() async throws {
        let signature = MidtransSignature.make(orderId: "K", statusCode: "200", grossAmount: "1.00", serverKey: "")
        let body = """
            {"order_id": "K", "status_code": "200", "gross_amount": "1.00", "signature_key": "\(signature)"}
            """
        let settings = MidtransSettings(serverKey: "", cardToken: PaymentToken("t"), currency: .rupiah)
        let transport = FakeTransport()
        let error = await #expect(throws: InvalidCallback.self) {
            try await MidtransProvider(settings, transport: transport).callback(
                in: callback(body), at: Timestamp(milliseconds: 0))
        }
        #expect(error?.kind == .forged)
        #expect(transport.requests.isEmpty)
    }
}
