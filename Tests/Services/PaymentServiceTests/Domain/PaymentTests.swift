import Kernel
import PaymentProviders
import Testing

@testable import PaymentService

@Suite struct PaymentTests {
    let time = Timestamp(milliseconds: 1_767_225_600_000)

    @Test func a_charge_that_succeeds_is_captured_once() throws {
        var (payment, attempt) = try begun(.charge)
        let accepted = payment.settle(attempt, .accepted(reference: "CH-1", checkAt: time), at: time)
        let captured = payment.settle(attempt, .succeeded(reference: "CH-1"), at: time)
        let again = payment.settle(attempt, .succeeded(reference: "CH-1"), at: time)
        #expect(accepted == [] && captured == [.captured(amount: 100, attemptId: attempt)] && again == nil)
        #expect(payment.status == .captured && payment.capturedAmount == 100)
    }

    @Test func an_outcome_that_is_not_known_is_never_a_failure() throws {
        var (payment, attempt) = try begun(.charge)
        let unknown = payment.settle(attempt, .unknown(checkAt: time), at: time)
        #expect(unknown == [] && payment.status == .pending && payment.attempts[0].state == .unknown)
    }

    @Test func an_answer_that_comes_after_the_callback_changes_nothing() throws {
        var (payment, attempt) = try begun(.charge)
        let captured = payment.settle(attempt, .succeeded(reference: "CH-1"), at: time)
        let late = [
            payment.settle(attempt, .accepted(reference: "CH-1", checkAt: time), at: time),
            payment.settle(attempt, .unknown(checkAt: time), at: time),
        ]
        #expect(captured != nil && late == [nil, nil] && payment.status == .captured)
    }

    @Test func a_refusal_that_is_told_after_the_success_is_looked_into() throws {
        var (payment, attempt) = try begun(.charge)
        let captured = payment.settle(attempt, .succeeded(reference: "CH-1"), at: time)
        let refused = payment.settle(attempt, .refused(reason: "insufficient funds"), at: time)
        #expect(captured != nil && refused == [] && payment.status == .captured && payment.checkAt == time)
        var contradicted = payment
        let (yes, no) = (
            payment.settle(attempt, .succeeded(reference: "CH-1"), at: time, isConfirmed: true),
            contradicted.settle(attempt, .refused(reason: "no"), at: time, isConfirmed: true)
        )
        #expect(yes == [.confirmed(attemptId: attempt)] && no == [.contradiction(attemptId: attempt)])
        #expect(payment.checkAt == nil && contradicted.checkAt == nil && contradicted.status == .captured)
    }

    @Test func a_charge_that_succeeds_after_its_refusal_is_captured() throws {
        var (payment, attempt) = try begun(.charge)
        let refused = payment.settle(attempt, .refused(reason: "insufficient funds"), at: time)
        let captured = payment.settle(attempt, .succeeded(reference: "CH-1"), at: time)
        #expect(refused == [.failed(reason: "insufficient funds")])
        #expect(captured == [.captured(amount: 100, attemptId: attempt)])
        #expect(payment.status == .captured && payment.failureReason == nil && payment.refundable == 100)
    }

    @Test func a_refund_that_fails_later_reopens_the_payment_and_can_be_made_again() throws {
        var payment = try captured()
        let refund = try begin(.refund, 100, on: &payment)
        _ = payment.settle(refund, .succeeded(reference: "RF-1"), at: time)
        let failed = payment.settle(refund, .refused(reason: "closed account"), at: time)
        #expect(failed == [.refundReversed(amount: 100, attemptId: refund, reason: "closed account")])
        #expect(payment.status == .captured && payment.refundedAmount == 0 && payment.allowedActions == [.refund])
        let again = payment.settle(refund, .succeeded(reference: "RF-1"), at: time)
        #expect(again == nil, "an older message does not undo the failure")
    }

    @Test func a_refund_of_which_the_failure_was_told_first_is_booked_only_if_the_provider_confirms_it() throws {
        var payment = try captured()
        let refund = try begin(.refund, 100, on: &payment)
        _ = payment.settle(refund, .refused(reason: "closed account"), at: time)
        let told = payment.settle(refund, .succeeded(reference: "RF-1"), at: time)
        #expect(told == [] && payment.refundedAmount == 0 && payment.checkAt == time)
        var confirmed = payment
        let (failed, succeeded) = (
            payment.settle(refund, .refused(reason: "closed account"), at: time, isConfirmed: true),
            confirmed.settle(refund, .succeeded(reference: "RF-1"), at: time, isConfirmed: true)
        )
        #expect(failed == [.confirmed(attemptId: refund)] && payment.status == .captured)
        #expect(succeeded == [.refunded(amount: 100, attemptId: refund)] && confirmed.status == .refunded)
    }

    @Test func a_reservation_is_captured_in_part_or_voided() throws {
        var (payment, attempt) = try begun(.authorise)
        let authorised = payment.settle(attempt, .succeeded(reference: "CH-1"), at: time)
        #expect(authorised == [.authorised] && payment.allowedActions == [.capture, .void])
        var voided = payment
        let (capture, void) = (try begin(.capture, 60, on: &payment), try begin(.void, 100, on: &voided))
        let captured = payment.settle(capture, .succeeded(reference: "CAP-1"), at: time)
        let cancelled = voided.settle(void, .succeeded(reference: "V-1"), at: time)
        #expect(captured == [.captured(amount: 60, attemptId: capture)] && payment.refundable == 60)
        #expect(cancelled == [.cancelled] && voided.allowedActions.isEmpty)
    }

    @Test func no_more_goes_back_than_came_and_refunds_under_way_count() throws {
        var payment = try captured()
        let first = try begin(.refund, 70, on: &payment)
        #expect(throws: IllegalStep.amount(31, limit: 30)) { try begin(.refund, 31, on: &payment) }
        let second = try begin(.refund, 30, on: &payment)
        #expect(payment.allowedActions.isEmpty)
        let partial = payment.settle(first, .succeeded(reference: "RF-1"), at: time)
        let status = payment.status
        let whole = payment.settle(second, .succeeded(reference: "RF-2"), at: time)
        #expect(partial != nil && status == .partiallyRefunded && whole != nil && payment.status == .refunded)
    }

    @Test func a_refund_that_is_refused_can_be_asked_for_again() throws {
        var payment = try captured()
        let refund = try begin(.refund, 100, on: &payment)
        let refused = payment.settle(refund, .refused(reason: "closed account"), at: time)
        #expect(refused == [.refundRefused(reason: "closed account")])
        #expect(payment.status == .captured && payment.allowedActions == [.refund])
    }

    @Test(arguments: PaymentStatus.allCases)
    func what_is_not_allowed_names_what_is(status: PaymentStatus) throws {
        var (payment, _) = try begun(.charge)
        payment.status = status
        payment.attempts[0].state = .succeeded
        payment.capturedAmount = 100
        let allowed = payment.allowedActions
        for action in ProviderAction.allCases where !allowed.contains(action) {
            #expect(throws: IllegalStep.notAllowed(action, in: status, allowed: allowed)) {
                try begin(action, 1, on: &payment)
            }
        }
    }

    private func begun(_ action: ProviderAction) throws -> (Payment, String) {
        var payment = Payment(
            id: "PAY-1", orderId: "ORD-1", money: Money(100, .southKoreanWon), provider: "simulator", requestedAt: time)
        let attempt = try begin(action, 100, on: &payment)
        return (payment, attempt)
    }

    private func captured() throws -> Payment {
        var (payment, attempt) = try begun(.charge)
        _ = payment.settle(attempt, .succeeded(reference: "CH-1"), at: time)
        return payment
    }

    private func begin(_ action: ProviderAction, _ amount: Int64, on payment: inout Payment) throws -> String {
        let id = "ATT-\(payment.attempts.count + 1)"
        return try payment.begin(
            action, amount: amount, attemptId: id, idempotencyKey: id, at: time, checkAt: time
        ).id
    }
}
