import Kernel
import PaymentProviders
import Testing

@testable import PaymentService

@Suite struct CancellationTests {
    static let time = Timestamp(milliseconds: 1_767_225_600_000)

    /// What happened to a payment of 100 before it is cancelled, and what is to be done then.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let steps: [(ProviderAction, Int64, AttemptNews?)]
        let expected: Cancellation
    }

    static let rows = [
        Row(testDescription: "nothing begun", steps: [], expected: .settled),
        Row(testDescription: "charge requested", steps: [(.charge, 100, nil)], expected: .notDecided),
        Row(
            testDescription: "charge accepted", steps: [(.charge, 100, .accepted(reference: "C", checkAt: time))],
            expected: .notDecided),
        Row(
            testDescription: "charge unknown", steps: [(.charge, 100, .unknown(checkAt: time))], expected: .notDecided),
        Row(
            testDescription: "charge refused", steps: [(.charge, 100, .refused(reason: "no"))], expected: .settled),
        Row(testDescription: "captured", steps: [charged], expected: .toGiveBack(.refund, 100)),
        Row(
            testDescription: "refunded in part", steps: [charged, (.refund, 30, .succeeded(reference: "R"))],
            expected: .toGiveBack(.refund, 70)),
        Row(
            testDescription: "refund of a part under way", steps: [charged, (.refund, 30, nil)],
            expected: .toGiveBack(.refund, 70)),
        Row(
            testDescription: "refund of all under way", steps: [charged, (.refund, 100, nil)], expected: .notDecided),
        Row(
            testDescription: "refunded", steps: [charged, (.refund, 100, .succeeded(reference: "R"))],
            expected: .settled),
        Row(testDescription: "authorised", steps: [reserved], expected: .toGiveBack(.void, 100)),
        Row(testDescription: "capture under way", steps: [reserved, (.capture, 60, nil)], expected: .notDecided),
        Row(
            testDescription: "captured in part", steps: [reserved, (.capture, 60, .succeeded(reference: "P"))],
            expected: .toGiveBack(.refund, 60)),
        Row(
            testDescription: "voided", steps: [reserved, (.void, 100, .succeeded(reference: "V"))],
            expected: .settled),
    ]
    private static let charged: (ProviderAction, Int64, AttemptNews?) = (.charge, 100, .succeeded(reference: "C"))
    private static let reserved: (ProviderAction, Int64, AttemptNews?) = (.authorise, 100, .succeeded(reference: "A"))

    @Test(arguments: rows)
    func what_is_to_be_done_when_it_is_cancelled(_ row: Row) throws {
        var payment = try payment(row.steps)
        let (first, second) = (
            payment.requestCancellation(at: Self.time), payment.requestCancellation(at: Self.time)
        )
        #expect(first && !second)
        #expect(payment.cancellation == row.expected)
    }

    @Test(arguments: [ProviderAction.charge, .authorise])
    func what_was_not_decided_is_given_back_as_soon_as_it_is(_ action: ProviderAction) throws {
        var payment = try payment([(action, 100, nil)])
        payment.requestCancellation(at: Self.time)
        let early = giveBack(&payment)
        #expect(early == nil)
        _ = payment.settle("ATT-1", .succeeded(reference: "C"), at: Self.time)
        let begun = giveBack(&payment)
        let attempt = try #require(begun)
        #expect(attempt.action == (action == .charge ? .refund : .void) && attempt.amount == 100)
        _ = payment.settle(attempt.id, .succeeded(reference: "R"), at: Self.time)
        #expect(payment.cancellation == .settled)
    }

    @Test func a_capture_that_the_provider_refuses_leaves_a_reservation_to_give_up() throws {
        var payment = try payment([Self.reserved, (.capture, 60, nil)])
        payment.requestCancellation(at: Self.time)
        _ = payment.settle("ATT-2", .refused(reason: "no"), at: Self.time)
        let attempt = giveBack(&payment)
        #expect(attempt?.action == .void)
    }

    @Test func a_refund_that_the_provider_refuses_is_not_begun_again_by_itself() throws {
        var payment = try payment([Self.charged])
        payment.requestCancellation(at: Self.time)
        _ = try payment.begin(
            .refund, amount: 100, attemptId: "ATT-2", idempotencyKey: "ATT-2", at: Self.time, checkAt: Self.time)
        _ = payment.settle("ATT-2", .refused(reason: "closed account"), at: Self.time)
        let again = giveBack(&payment)
        #expect(again == nil && payment.cancellation == .toGiveBack(.refund, 100))
    }

    @Test func a_cancelled_reservation_can_only_be_given_up() throws {
        var payment = try payment([Self.reserved])
        payment.requestCancellation(at: Self.time)
        #expect(payment.allowedActions == [.void])
    }

    @Test func a_payment_withdrawn_after_its_cancellation_stays_as_never_begun() throws {
        var payment = try payment([(.charge, 100, nil)])
        payment.requestCancellation(at: Self.time)
        let isWithdrawn = payment.withdraw(attempt: "ATT-1")
        #expect(
            isWithdrawn && payment.isNeverBegun && payment.allowedActions.isEmpty && payment.cancellation == .settled)
    }

    @Test func a_refund_that_did_not_reach_the_provider_is_not_withdrawn_from_a_cancelled_payment() throws {
        var payment = try payment([Self.charged, (.refund, 30, nil)])
        payment.requestCancellation(at: Self.time)
        let isWithdrawn = payment.withdraw(attempt: "ATT-2")
        #expect(!isWithdrawn && payment.attempts.count == 2)
    }

    @Test func money_that_turns_up_for_an_order_cancelled_before_is_taken_over_and_given_back() throws {
        var payment = Payment.neverBegun(id: "PAY-1", orderId: "ORD-1", provider: "simulator", at: Self.time)
        let adopted = [adopt(&payment, .refund), adopt(&payment, .charge), adopt(&payment, .charge)]
        #expect(adopted[0] == nil && adopted[2] == nil)
        let attempt = try #require(adopted[1])
        let effects = payment.settle(attempt.id, .succeeded(reference: "C"), at: Self.time)
        #expect(effects == [.captured(amount: 70, attemptId: attempt.id)])
        let begun = giveBack(&payment)
        let refund = try #require(begun)
        #expect(refund.action == .refund && refund.amount == 70 && payment.call(for: refund).reference == "C")
    }

    private func payment(_ steps: [(ProviderAction, Int64, AttemptNews?)]) throws -> Payment {
        var payment = Payment(
            id: "PAY-1", orderId: "ORD-1", money: Money(100, .southKoreanWon), provider: "simulator",
            requestedAt: Self.time)
        for (number, step) in steps.enumerated() {
            let id = "ATT-\(number + 1)"
            _ = try payment.begin(
                step.0, amount: step.1, attemptId: id, idempotencyKey: id, at: Self.time, checkAt: Self.time)
            if let news = step.2 { _ = payment.settle(id, news, at: Self.time) }
        }
        return payment
    }

    private func giveBack(_ payment: inout Payment) -> PaymentAttempt? {
        payment.giveBack(attemptId: "ATT-9", at: Self.time, checkAt: Self.time)
    }

    private func adopt(_ payment: inout Payment, _ action: ProviderAction) -> PaymentAttempt? {
        payment.adopt(
            action, Money(70, .southKoreanWon), idempotencyKey: "K-1", provider: "simulator", attemptId: "ATT-1",
            at: Self.time)
    }
}
