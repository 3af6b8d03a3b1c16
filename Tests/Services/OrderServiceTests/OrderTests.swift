import Kernel
import Testing

@testable import OrderService

@Suite struct OrderTests {
    let time = Timestamp(milliseconds: 1_767_225_600_000)

    @Test func a_payments_approval_makes_a_placed_order_paid() throws {
        var order = try place()
        let started = order.paymentStarted(paymentId: "PAY-1")
        #expect(started && order.status == .placed)
        let approved = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 3, at: time)
        #expect(approved && order.status == .paid && order.paidAt == time)
    }

    @Test func approval_may_come_before_the_payments_answer() throws {
        var order = try place()
        let approved = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 3, at: time)
        let started = order.paymentStarted(paymentId: "PAY-1")
        #expect(approved && !started && order.status == .paid)
    }

    @Test func an_event_with_the_same_or_an_older_version_is_stale() throws {
        var order = try place()
        let failed = order.paymentFailed(paymentId: "PAY-1", paymentVersion: 3, reason: "refused")
        let sameVersion = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 3, at: time)
        let older = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 2, at: time)
        #expect(failed && !sameVersion && !older && order.status == .paymentFailed)
    }

    @Test func a_paid_order_does_not_fail_afterwards() throws {
        var order = try place()
        let approved = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 3, at: time)
        let failed = order.paymentFailed(paymentId: "PAY-1", paymentVersion: 4, reason: "refused")
        #expect(approved && !failed && order.status == .paid)
    }

    @Test func an_order_that_payment_has_taken_over_is_no_longer_the_settlers() throws {
        var order = try place()
        #expect(order.isUnsettled)
        let takenOver = order.paymentTakenOver(paymentId: "PAY-1")
        #expect(takenOver && !order.isUnsettled && order.status == .paymentPending)
    }

    @Test func an_order_whose_cancellation_is_refused_is_what_its_payment_became_meanwhile() throws {
        var paid = try place()
        let isBegun1 = paid.cancellationBegan()
        let isApproved = paid.paymentApproved(paymentId: "PAY-1", paymentVersion: 3, at: time)
        #expect(isBegun1 && isApproved && paid.status == .cancelling)
        var refunded = paid
        let isRefused1 = paid.cancellationRefused()
        #expect(isRefused1 && paid.status == .paid)

        let isRefunded = refunded.paymentRefunded(paymentVersion: 4, refundedAmount: 1, isWhole: true)
        let isRefused2 = refunded.cancellationRefused()
        #expect(isRefunded && isRefused2 && refunded.status == .refunded)

        var failed = try place()
        let isBegun2 = failed.cancellationBegan()
        let isFailed = failed.paymentFailed(paymentId: "PAY-1", paymentVersion: 3, reason: "refused")
        #expect(isBegun2 && isFailed && failed.status == .cancelling)
        let isRefused3 = failed.cancellationRefused()
        #expect(isRefused3 && failed.status == .paymentFailed)
    }

    @Test func every_wrong_field_is_named_at_once() {
        let error = #expect(throws: InvalidOrder.self) {
            try place(PlaceOrder(branchId: 0, sauceId: -1, qty: 0, price: 0, email: "nobody"))
        }
        #expect(error?.fields.map(\.name) == ["branchId", "sauceId", "qty", "price", "email"])
    }

    @Test func an_amount_that_overflows_is_an_error_of_the_price() {
        let error = #expect(throws: InvalidOrder.self) {
            try place(PlaceOrder(branchId: 1, sauceId: 1, qty: 1_000_000, price: .max))
        }
        #expect(error?.fields.map(\.name) == ["price"])
    }

    @Test func the_amount_is_the_price_of_all_pieces() throws {
        #expect(try place(PlaceOrder(branchId: 1, sauceId: 1, qty: 10, price: 10_000)).amount == 100_000)
    }

    private func place(
        _ command: PlaceOrder = PlaceOrder(branchId: 1, sauceId: 1, qty: 1, price: 1)
    ) throws -> Order {
        try Order.place(command, id: "ORD-1", defaultCurrency: .southKoreanWon, at: time)
    }
}
