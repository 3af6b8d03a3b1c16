import Kernel
import Testing

@testable import PaymentService

@Suite struct PaymentTests {
    let time = Timestamp(milliseconds: 1_767_225_600_000)

    @Test func a_confirmed_charge_is_captured_once() {
        var payment = requested()
        let accepted = payment.accepted(reference: "CH-1", checkAt: time)
        let captured = payment.captured(reference: "CH-1", at: time)
        let again = payment.captured(reference: "CH-1", at: time)
        #expect(accepted && captured && !again && payment.status == .captured)
    }

    @Test func an_outcome_that_is_not_known_is_never_a_failure() {
        var payment = requested()
        let unknown = payment.outcomeUnknown(checkAt: time)
        #expect(unknown && payment.status == .pending && payment.attempt.state == .unknown)
    }

    @Test func an_answer_that_comes_after_the_callback_changes_nothing() {
        var payment = requested()
        let captured = payment.captured(reference: "CH-1", at: time)
        let late = [payment.accepted(reference: "CH-1", checkAt: time), payment.outcomeUnknown(checkAt: time)]
        #expect(captured && late == [false, false] && payment.status == .captured)
    }

    @Test func a_captured_payment_is_not_refused_afterwards() {
        var payment = requested()
        let captured = payment.captured(reference: "CH-1", at: time)
        let refused = payment.refused(reason: "insufficient funds")
        #expect(captured && !refused && payment.status == .captured)
    }

    private func requested() -> Payment {
        Payment.request(
            id: "PAY-1", orderId: "ORD-1", money: Money(100, .southKoreanWon), provider: "simulator",
            idempotencyKey: "PAY-IDEMPOTENCY-ORD-1", at: time, checkAfter: .seconds(5))
    }
}
