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

    @Test func a_charge_is_made_once_found_told_and_refunded() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            let charge = call(.charge, 1_500_000, .rupiah)
            #expect(await provider.find(charge) == .absent)
            let reference = try #require(await provider.perform(charge).reference)
            #expect(await provider.perform(charge) == .succeeded(reference: reference))
            #expect(await provider.find(charge) == .succeeded(reference: reference))
            let refund = call(.refund, 500_000, .rupiah, key: "R-1", about: reference)
            #expect(await provider.find(refund) == .absent)
            #expect(await provider.perform(refund) == .succeeded(reference: "R-1"))
            #expect(await provider.perform(refund) == .succeeded(reference: "R-1"))
            let tooMuch = call(.refund, 1_100_000, .rupiah, key: "R-2", about: reference)
            #expect(await provider.perform(tooMuch).kind == "refused")
            let events = try await psp.receive(2)
            var callbacks: [ProviderCallback] = []
            for event in events { callbacks.append(try await provider.callback(in: event, at: psp.loop.now)) }
            #expect(callbacks.map(\.event) == [.succeeded(.charge), .succeeded(.refund)])
            #expect(callbacks.map(\.orderId) == ["ORD-1", "ORD-1"])
            #expect(callbacks.map(\.idempotencyKey) == ["PAY-IDEMPOTENCY-ORD-1", "R-1"])
            #expect(callbacks.map(\.money.amount) == [1_500_000, 500_000])
            #expect(Set(callbacks.map(\.id)).count == 2)
        }
    }

    @Test func an_authorisation_is_captured_or_voided() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            let first = try #require(await provider.perform(call(.authorise, 10_000, .rupiah, key: "A-1")).reference)
            let capture = call(.capture, 10_000, .rupiah, key: "C-1", about: first)
            #expect(await provider.find(capture) == .absent)
            #expect(await provider.perform(capture) == .succeeded(reference: first))
            #expect(await provider.perform(capture) == .succeeded(reference: first))
            let second = try #require(await provider.perform(call(.authorise, 10_000, .rupiah, key: "A-2")).reference)
            let void = call(.void, 10_000, .rupiah, key: "V-1", about: second)
            #expect(await provider.perform(void) == .succeeded(reference: second))
            #expect(await provider.find(void) == .succeeded(reference: second))
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

    @Test func what_was_done_without_an_answer_is_unknown_then_found() async throws {
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
        let answers: [(Result<Response, TransportError>, InvalidCallback.Kind)] = [
            (.fails(.timedOut), .unconfirmed), (.answer(500), .unconfirmed), (.answer(429), .unconfirmed),
            (.answer(404), .unreadable),
        ]
        for (answer, kind) in answers {
            let error = await #expect(throws: InvalidCallback.self) {
                try await Self.provider(FakeTransport(answer)).callback(
                    in: callback(body), at: Timestamp(milliseconds: 0))
            }
            #expect(error?.kind == kind)
        }
    }
}
