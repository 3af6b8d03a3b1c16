import Contracts
import HTTP
import Kernel
import PaymentProviders
import ServiceTestSupport
import Testing

/// Money that a callback tells of under no order of the shop: a person says which payment it belongs to.
@Suite struct AdoptingTaskTests {
    /// With a task about a movement that nothing here knows.
    private func withTask(
        _ event: ProviderCallback.Event = .succeeded(.charge), amount: Int64 = 1000, refund: String? = nil,
        currency: Currency = .southKoreanWon, paying: Bool = true,
        _ body: @escaping @Sendable (ServicesUnderTest, FakeProvider, TaskView) async throws -> Void
    ) async throws {
        try await withFake("unmatchedAfter: 2m") { shop, provider in
            if paying { _ = try await shop.pay() }
            try await shop.tell(
                provider, event, id: "evt-1", order: "LINK-7", reference: "C-LINK-7", refund: refund, amount: amount,
                currency: currency)
            try await shop.until(within: .seconds(3600)) { try await !shop.tasks("UNKNOWN_MOVEMENT").isEmpty }
            try await body(shop, provider, try #require(try await shop.tasks("UNKNOWN_MOVEMENT").first))
        }
    }

    @Test func a_second_charge_is_booked_on_the_payment_that_is_named_and_goes_back() async throws {
        try await withTask { shop, provider, task in
            let payment = try #require(try await shop.payment()?.id)
            #expect(try await shop.owed() == 1000)
            #expect(try await shop.adopt(task, payment).status == 200)
            try await shop.until { provider.count(.refund) == 1 }
            #expect(provider.performed.last?.reference == "C-LINK-7")
            try await shop.until { try await shop.owed() == 1000 }
            #expect(try await shop.payment()?.capturedAmount == 1000)
            #expect(try await shop.tasks().isEmpty)
        }
    }

    @Test func money_of_a_refused_payment_pays_it() async throws {
        try await withFake("unmatchedAfter: 2m") { shop, provider in
            provider.change { $0.performing = { _ in .refused(reason: "no funds") } }
            _ = try await shop.pay()
            try await shop.tell(provider, .succeeded(.charge), id: "evt-1", order: "LINK-7", reference: "C-LINK-7")
            try await shop.until(within: .seconds(3600)) { try await !shop.tasks("UNKNOWN_MOVEMENT").isEmpty }
            let task = try #require(try await shop.tasks("UNKNOWN_MOVEMENT").first)
            let payment = try #require(try await shop.payment()?.id)
            #expect(try await shop.adopt(task, payment).status == 200)
            #expect(try await shop.hasStatus("CAPTURED"))
            #expect(try await shop.owed() == 1000)
            try await shop.until { try shop.published(PaymentApproved.self).map(\.paymentId) == [payment] }
        }
    }

    @Test func a_refund_and_a_chargeback_are_booked_too() async throws {
        try await withTask(.succeeded(.refund), amount: 400, refund: "R-LINK-7") { shop, _, task in
            let payment = try #require(try await shop.payment()?.id)
            #expect(try await shop.adopt(task, payment).status == 200)
            #expect(try await shop.payment()?.refundedAmount == 400)
            #expect(try await shop.owed() == 600)
        }
        try await withTask(.disputed(id: "D-1", .fundsWithdrawn)) { shop, _, task in
            let payment = try #require(try await shop.payment()?.id)
            #expect(try await shop.adopt(task, payment).status == 200)
            #expect(try await shop.owed() == 0)
        }
    }

    @Test func what_does_not_fit_stays_open_and_says_why() async throws {
        try await withTask(currency: Currency(code: "USD") ?? .southKoreanWon) { shop, _, task in
            let payment = try #require(try await shop.payment()?.id)
            let answer = try await shop.adopt(task, payment)
            #expect(answer.status == 409, "\(answer.text)")
            #expect(answer.problem?.detail?.contains("1000 USD does not fit payment \(payment)") == true)
            let unnamed = try await shop.adopt(task, nil)
            #expect(unnamed.status == 400 && unnamed.fields == ["paymentId"], "\(unnamed.text)")
            let unknown = try await shop.adopt(task, "PAY-0")
            #expect(unknown.status == 400 && unknown.fields == ["paymentId"], "\(unknown.text)")
            #expect(try await shop.tasks().map(\.kind) == ["UNKNOWN_MOVEMENT"])
            #expect(try await shop.owed() == 1000)
            #expect(try await shop.resolve(task, "close") == 200)
        }
    }

    @Test func what_was_adopted_once_is_not_booked_again_by_a_repetition_of_its_callback() async throws {
        try await withTask(.succeeded(.refund), amount: 400, refund: "R-LINK-7") { shop, provider, task in
            let payment = try #require(try await shop.payment()?.id)
            let first = try await shop.adopt(task, payment)
            let again = try await shop.adopt(task, payment)
            #expect(again.headers["Idempotent-Replayed"] == "true" && again.body == first.body)
            try await shop.tell(
                provider, .succeeded(.refund), id: "evt-2", order: "ORD-1", reference: "C-ORD-1", refund: "R-LINK-7",
                amount: 400)
            #expect(try await shop.payment()?.refundedAmount == 400)
            #expect(try await shop.owed() == 600)
        }
    }
}

extension ServicesUnderTest {
    fileprivate func adopt(_ task: TaskView, _ payment: String?) async throws -> Response {
        let named = payment.map { #", "paymentId": "\#($0)""# } ?? ""
        return try await send(
            .post, "payment", "/tasks/\(task.id)/resolution",
            #"{"action": "adopt", "by": "ann", "reason": "paid by a link"\#(named)}"#, key: "T-\(task.id)")
    }
}
