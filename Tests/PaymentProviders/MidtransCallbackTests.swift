import HTTP
import Kernel
import PaymentProviders
import SimulatorTestSupport
import Testing

/// What was done in Midtrans' dashboard, and by banks: told by notifications without a key of ours.
@Suite struct MidtransCallbackTests {
    private static let serverKey = "SB-Mid-server-sambal"

    private static func provider(_ transport: any Transport) -> MidtransProvider {
        MidtransProvider(
            MidtransSettings(
                baseURL: SimulatorUnderTest.baseURL, serverKey: serverKey, cardToken: PaymentToken("token-1"),
                currency: .rupiah, timeout: .seconds(2)),
            transport: transport)
    }

    private static func told(_ psp: SimulatorUnderTest, _ count: Int) async throws -> [ProviderCallback] {
        var callbacks: [ProviderCallback] = []
        for request in try await psp.receive(count) {
            callbacks.append(try await provider(psp.transport).callback(in: request, at: psp.loop.now))
        }
        return callbacks
    }

    private static func admin(_ psp: SimulatorUnderTest, _ path: String, _ body: String = "{}") async throws -> Int {
        try await psp.send(.post, "/admin/" + path, body).status
    }

    @Test func a_refund_in_the_dashboard_is_told_with_its_order_and_name() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            let charge = call(.charge, 10_000, .rupiah)
            let reference = try #require(await provider.perform(charge).reference)
            #expect(try await Self.admin(psp, "charges/\(reference)/refund") == 422)
            #expect(try await Self.admin(psp, "charges/\(reference)/settle") == 200)
            #expect(try await Self.admin(psp, "charges/\(reference)/refund", #"{"amount": 4000}"#) == 200)
            let refund = try #require(try await Self.told(psp, 3).last)
            #expect(refund.event == .succeeded(.refund))
            #expect(refund.money == Money(4000, .rupiah))
            #expect(refund.reference == reference && refund.orderId == "ORD-1")
            let lines = try await provider.movements(of: charge)
            #expect(lines.map(\.kind) == [.capture, .refund])
            #expect(lines.last?.reference == refund.refundReference)
            // It is none of ours.
            #expect(await provider.find(call(.refund, 4000, .rupiah, key: "R-1", about: reference)) == .absent)
        }
    }

    @Test func a_cancellation_in_the_dashboard_gives_the_whole_back() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            let reference = try #require(await provider.perform(call(.charge, 10_000, .rupiah)).reference)
            #expect(try await Self.admin(psp, "charges/\(reference)/cancel") == 200)
            let told = try #require(try await Self.told(psp, 2).last)
            #expect(told.event == .succeeded(.refund))
            #expect(told.refundReference == reference + ".cancel" && told.idempotencyKey == nil)
            #expect(told.money == Money(10_000, .rupiah))
        }
    }

    @Test func an_authorisation_that_is_cancelled_in_the_dashboard_is_given_up() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            let reference = try #require(await provider.perform(call(.authorise, 10_000, .rupiah)).reference)
            #expect(try await Self.admin(psp, "charges/\(reference)/cancel") == 200)
            #expect(try await Self.told(psp, 2).last?.event == .succeeded(.void))
            #expect(try await provider.movements(of: call(.authorise, 10_000, .rupiah)).isEmpty)
        }
    }

    @Test(arguments: [
        ("{\"stage\": \"fundsWithdrawn\"}", 10_000 as Int64),
        ("{\"stage\": \"fundsWithdrawn\", \"amount\": 4000}", 4000),
    ])
    func a_chargeback_is_a_dispute(_ body: String, _ amount: Int64) async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            let charge = call(.charge, 10_000, .rupiah)
            let reference = try #require(await provider.perform(charge).reference)
            #expect(try await Self.admin(psp, "charges/\(reference)/settle") == 200)
            #expect(try await Self.admin(psp, "charges/\(reference)/dispute") == 200)
            #expect(try await Self.admin(psp, "charges/\(reference)/dispute", body) == 200)
            let told = try #require(try await Self.told(psp, 3).last)
            guard case .disputed(let id, .fundsWithdrawn) = told.event else {
                Issue.record("\(told)")
                return
            }
            #expect(told.money == Money(amount, .rupiah) && told.reference == reference)
            let lines = try await provider.movements(of: charge)
            #expect(lines.filter { $0.kind == .dispute }.map(\.money.amount) == [amount])
            #expect(lines.last { $0.kind == .dispute }?.reference == id)
            #expect(await provider.find(charge).kind == "succeeded")
            #expect(await provider.find(call(.refund, 10_000, .rupiah, key: "R-1", about: reference)).kind == "refused")
        }
    }

    @Test func a_late_charge_is_pending_then_told() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            try await psp.faults(#"{"lateCaptures": "1 time", "lateAfter": "1m"}"#)
            #expect(await provider.perform(call(.charge, 10_000, .rupiah)).kind == "accepted")
            #expect(await provider.find(call(.charge, 10_000, .rupiah)).kind == "pending")
            try await psp.loop.sleep(for: .seconds(70))
            #expect(try await Self.told(psp, 2).last?.event == .succeeded(.charge))
            #expect(await provider.find(call(.charge, 10_000, .rupiah)).kind == "succeeded")
        }
    }

    /// Told when a buyer links or unlinks a GoPay account. It names no order, and Midtrans is not asked about one.
    @Test(arguments: [("ENABLED", "200"), ("DISABLED", "204")])
    func a_notification_about_an_account_is_taken_without_effect(_ status: String, _ code: String) async throws {
        let transport = FakeTransport()
        let signature = MidtransSignature.make(
            accountId: "00000269-7836", accountStatus: status, statusCode: code, serverKey: Self.serverKey)
        let body = { (status: String) in
            """
            {"account_id": "00000269-7836", "merchant_id": "M099098", "payment_type": "gopay", \
            "signature_key": "\(signature)", "status_code": "\(code)", "account_status": "\(status)"}
            """
        }
        let provider = Self.provider(transport)
        let read = try await provider.callback(in: callback(body(status)), at: Timestamp(milliseconds: 0))
        #expect(read.event == .other("account \(status)"))
        #expect(read.orderId.isEmpty && read.reference.isEmpty)
        let forged = await #expect(throws: InvalidCallback.self) {
            try await provider.callback(in: callback(body("EXPIRED")), at: Timestamp(milliseconds: 0))
        }
        #expect(forged?.kind == .forged)
        #expect(transport.requests.isEmpty)
    }

    @Test func an_accounts_signature_is_the_one_that_openssl_computes() {
        let signature = MidtransSignature.make(
            accountId: "A-1", accountStatus: "ENABLED", statusCode: "200", serverKey: "SB-key")
        let expected =
            "ce0b0efc4cd399b2a34c397a5327473de5bf9f97a1a68c6e09844ba0f287b90f"
            + "bf26b6c9d5f0817f07f0e8726ee7c113f3b071cbd12e11988f08eab82dfa7a31"
        #expect(signature == expected)
    }

    @Test func an_amount_that_is_not_ours_is_reported_as_it_is() async throws {
        try await withSimulator { psp in
            let provider = Self.provider(psp.transport)
            try await psp.faults(#"{"wrongAmounts": "1 time"}"#)
            #expect(await provider.perform(call(.charge, 10_000, .rupiah)).report?.money == Money(10_100, .rupiah))
            #expect(await provider.find(call(.charge, 10_000, .rupiah)).report?.money == Money(10_000, .rupiah))
        }
    }
}
