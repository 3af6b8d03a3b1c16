import Contracts
import HTTP
import Kernel
import PaymentProviders
import ServiceTestSupport
import Testing

@testable import PaymentService

/// What a provider tells is compared with what was asked of it, whichever way it tells it.
@Suite struct MismatchServiceTests {
    static let wrong = [
        ProviderReport(reference: "C-1", money: Money(900, .southKoreanWon), orderId: "ORD-1"),
        ProviderReport(reference: "C-1", money: Currency(code: "USD").map { Money(1000, $0) }, orderId: "ORD-1"),
        ProviderReport(reference: "C-1", money: Money(1000, .southKoreanWon), orderId: "ORD-2"),
    ]

    @Test(arguments: wrong)
    func an_answer_that_does_not_fit_settles_nothing_and_asks_a_person(_ report: ProviderReport) async throws {
        try await withFake { shop, provider in
            provider.change {
                $0.performing = { _ in .succeeded(report) }
                $0.finding = { _ in .succeeded(report) }
            }
            let answer = try await shop.pay()
            #expect(answer.status == 202)
            #expect(try await shop.hasStatus("PENDING"))
            #expect(try await shop.owed() == 0)
            let task = try #require(try await shop.tasks("MISMATCH").first)
            #expect(task.orderId == "ORD-1" && task.evidence.contains { $0.name == "reference" && $0.value == "C-1" })
            try await shop.wait(.seconds(60))
            #expect(try await shop.tasks("MISMATCH").count == 1, "one task, however often it is looked up")
            #expect(provider.count(.charge) == 1, "it is not charged again")
            provider.change { $0.finding = { _ in .succeeded(reference: "C-1") } }
            try await shop.until(within: .seconds(600)) { try await shop.hasStatus("CAPTURED") }
            #expect(try await shop.tasks().isEmpty)
        }
    }

    @Test(arguments: wrong)
    func a_callback_that_fits_ends_what_an_answer_that_did_not_began(_ report: ProviderReport) async throws {
        try await withFake { shop, provider in
            provider.change {
                $0.performing = { _ in .succeeded(report) }
                $0.finding = { _ in .unknown(reason: "no answer") }
            }
            _ = try await shop.pay()
            #expect(try await shop.tasks("MISMATCH").count == 1)
            try await shop.tell(provider, .succeeded(.charge), id: "1", reference: "C-1")
            #expect(try await shop.hasStatus("CAPTURED"))
            #expect(try await shop.tasks().isEmpty)
        }
    }

    @Test(arguments: [(900, "KRW", "ORD-1"), (1000, "USD", "ORD-1")])
    func a_callback_that_does_not_fit_settles_nothing(_ row: (amount: Int64, currency: String, order: String))
        async throws
    {
        try await withFake { shop, provider in
            provider.change {
                $0.performing = { _ in .accepted(reference: "C-ORD-1") }
                $0.finding = { _ in .pending(reference: "C-ORD-1") }
            }
            _ = try await shop.pay()
            let currency = try #require(Currency(code: row.currency))
            try await shop.tell(provider, .succeeded(.charge), id: "1", amount: row.amount, currency: currency)
            #expect(try await shop.hasStatus("PENDING"))
            #expect(try await shop.callbacks("kept apart") == 1)
            #expect(try await shop.tasks("MISMATCH").count == 1)
        }
    }

    @Test(arguments: [ProviderAction.charge, .refund])
    func what_moved_on_the_charge_of_one_order_is_not_taken_for_that_of_another(_ action: ProviderAction) async throws {
        try await withFake { shop, provider in
            for order in ["ORD-1", "ORD-2"] { _ = try await shop.pay(order) }
            try await shop.tell(
                provider, .succeeded(action), id: "1", order: "ORD-2", reference: "C-ORD-1",
                refund: action == .refund ? "R-1" : nil, key: "of-another")
            #expect(try await shop.tasks("MISMATCH").map(\.orderId) == ["ORD-2"])
            try await shop.wait(.seconds(600))
            #expect(provider.count(.refund) == 0, "nobody's money is given back")
            #expect(try await shop.owed() == 2000)
        }
    }

    @Test func a_refund_of_another_amount_under_our_key_is_kept_apart() async throws {
        try await withFake { shop, provider in
            _ = try await shop.pay()
            let id = try #require(try await shop.payment()?.id)
            provider.change { $0.performing = { _ in .accepted(reference: "R-1") } }
            _ = try await shop.send(
                .post, "payment", PaymentAPI.refunds(paymentId: id), #"{"amount": 500}"#, key: "R-1")
            let key = try #require(provider.performed.last?.idempotencyKey)
            try await shop.tell(provider, .succeeded(.refund), id: "1", refund: "R-1", key: key, amount: 50)
            #expect(try await shop.hasStatus("CAPTURED"))
            #expect(try await shop.tasks("MISMATCH").count == 1)
            #expect(try await shop.owed() == 1000)
        }
    }

    /// Two charges of the largest number for cancelled orders: the books can still be summed.
    @Test func amounts_beyond_the_limit_are_kept_apart_and_no_sum_overflows() async throws {
        try await withFake { shop, provider in
            for order in ["ORD-1", "ORD-2"] {
                #expect(try await shop.cancel(order, key: "CANCEL-\(order)").status == 200)
                try await shop.tell(
                    provider, .succeeded(.charge), id: order, order: order, reference: "C-\(order)", amount: .max)
            }
            #expect(try await shop.tasks("MISMATCH").count == 2)
            #expect(try await shop.send(.get, "payment", "/api/ledger/trial-balance").status == 200)
        }
    }

    @Test func a_trial_balance_beyond_64_bits_is_a_sum_and_not_an_error() throws {
        var balance = TrialBalance()
        for number in 1...3 {
            let booking = LedgerBooking(
                transactionId: "\(number)", kind: .capture, paymentId: "PAY-1", orderId: "ORD-1",
                money: Money(.max, .southKoreanWon))
            for entry in booking.entries(at: Timestamp(milliseconds: 0)) { balance.add(entry) }
        }
        #expect(balance.isZero)
        let text = String(decoding: try JSON.encode(balance), as: UTF8.self)
        #expect(text.contains(#""27670116110564327421""#))
        #expect(try JSON.decode(TrialBalance.self, from: JSON.encode(balance)).accounts.count == 2)
    }
}
