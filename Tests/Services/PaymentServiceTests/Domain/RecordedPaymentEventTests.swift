import Contracts
import Kernel
import Messaging
import PaymentProviders
import Testing

@testable import PaymentService

/// The events that a payment records with the news of its attempts.
@Suite struct RecordedPaymentEventTests {
    private static let time = Timestamp(milliseconds: 1_767_225_600_000)

    @Test func a_capture_is_told_once() throws {
        var payment = try Self.begun(.charge, 100)
        _ = payment.settle("ATT-1", .accepted(reference: "CH-1", checkAt: Self.time), at: Self.time)
        #expect(payment.recorded.isEmpty)
        _ = payment.settle("ATT-1", .succeeded(reference: "CH-1"), at: Self.time)
        let event = payment.recorded.payloads.first as? PaymentApproved
        #expect(event?.amount == 100 && event?.paymentId == "PAY-1" && event?.approvedAt == Self.time)
        #expect(Self.told(by: &payment) == [PaymentApproved.type])
        let again = payment.settle("ATT-1", .succeeded(reference: "CH-1"), at: Self.time)
        #expect(again == nil && payment.recorded.isEmpty)
    }

    @Test func a_refusal_is_told_and_the_refusal_of_a_capture_is_not() throws {
        var payment = try Self.begun(.charge, 100)
        _ = payment.settle("ATT-1", .refused(reason: "no"), at: Self.time)
        #expect(Self.told(by: &payment) == [PaymentFailed.type])

        var reserved = try Self.begun(.authorise, 100)
        _ = reserved.settle("ATT-1", .succeeded(reference: "CH-1"), at: Self.time)
        #expect(Self.told(by: &reserved) == [PaymentAuthorised.type])
        try Self.begin(.capture, 100, "ATT-2", of: &reserved)
        _ = reserved.settle("ATT-2", .refused(reason: "no"), at: Self.time)
        #expect(reserved.recorded.isEmpty)
        try Self.begin(.void, 100, "ATT-3", of: &reserved)
        _ = reserved.settle("ATT-3", .succeeded(reference: "CH-1"), at: Self.time)
        let event = reserved.recorded.payloads.first as? PaymentCancelled
        #expect(event?.isExpiry == false && Self.told(by: &reserved) == [PaymentCancelled.type])
    }

    @Test func refunds_tell_their_sum_and_one_that_came_back_tells_what_is_left() throws {
        var payment = try Self.begun(.charge, 100)
        _ = payment.settle("ATT-1", .succeeded(reference: "CH-1"), at: Self.time)
        for (id, amount) in [("ATT-2", Int64(40)), ("ATT-3", 60)] {
            try Self.begin(.refund, amount, id, of: &payment)
            _ = payment.settle(id, .succeeded(reference: "RE-\(id)"), at: Self.time)
        }
        let refunds = payment.recorded.payloads.compactMap { $0 as? PaymentRefunded }
        #expect(refunds.map(\.refundedAmount) == [40, 100] && refunds.map(\.isWhole) == [false, true])
        _ = Self.told(by: &payment)
        _ = payment.settle("ATT-3", .refused(reason: "account closed"), at: Self.time)
        let failure = payment.recorded.payloads.first as? PaymentRefundFailed
        #expect(failure?.amount == 60 && failure?.refundedAmount == 40)
    }

    @Test func money_beyond_the_orders_one_capture_is_not_told() throws {
        var payment = try Self.begun(.charge, 100)
        _ = payment.settle("ATT-1", .succeeded(reference: "CH-1"), at: Self.time)
        payment.recorded.removeAll()
        let stray = ProviderMovement(
            action: .charge, money: Money(100, .southKoreanWon), orderId: "ORD-1", reference: "CH-2",
            chargeReference: nil, idempotencyKey: nil)
        let effects = payment.adopt(stray, provider: "simulator", attemptId: "ATT-2", at: Self.time)
        #expect(effects == [.strayCaptured(amount: 100, attemptId: "ATT-2")] && payment.recorded.isEmpty)
    }

    @Test func each_stage_of_a_dispute_is_told_once() throws {
        var payment = try Self.begun(.charge, 100)
        _ = payment.settle("ATT-1", .succeeded(reference: "CH-1"), at: Self.time)
        payment.recorded.removeAll()
        let money = Money(100, .southKoreanWon)
        for stage in [DisputeStage.opened, .opened, .fundsWithdrawn, .won, .lost] {
            _ = payment.dispute("DP-1", stage, money, at: Self.time)
        }
        let told = payment.recorded.payloads.compactMap { ($0 as? PaymentDisputed)?.stage }
        #expect(told == [.opened, .fundsWithdrawn, .won])
        #expect(payment.recorded.payloads.allSatisfy { ($0 as? PaymentDisputed)?.paymentId == "PAY-1" })
    }

    private static func begun(_ action: ProviderAction, _ amount: Int64) throws -> Payment {
        var payment = Payment(
            id: "PAY-1", orderId: "ORD-1", money: Money(amount, .southKoreanWon), provider: "simulator",
            requestedAt: time)
        try begin(action, amount, "ATT-1", of: &payment)
        return payment
    }

    private static func begin(
        _ action: ProviderAction, _ amount: Int64, _ id: String, of payment: inout Payment
    ) throws {
        _ = try payment.begin(action, amount: amount, attemptId: id, idempotencyKey: id, at: time, checkAt: time)
    }

    /// The types of the recorded events, as if they had been published.
    private static func told(by payment: inout Payment) -> [String] {
        payment.recorded.takeAll().payloads.map { type(of: $0).type }
    }
}
