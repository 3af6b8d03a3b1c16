import Contracts
import Kernel
import Messaging
import Testing

@testable import OrderService

/// The events that an order records with its steps.
@Suite struct RecordedOrderEventTests {
    private static let time = Timestamp(milliseconds: 1_767_225_600_000)

    @Test func an_order_that_is_placed_and_paid_tells_both_once() throws {
        var order = try Self.placed()
        #expect(Self.told(by: &order) == [OrderPlaced.type])
        let isApproved = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 1, at: Self.time)
        #expect(isApproved && Self.told(by: &order) == [OrderPaid.type])
        let again = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 1, at: Self.time)
        #expect(!again && Self.told(by: &order) == [])
    }

    @Test func money_that_goes_back_is_not_told_as_paid() throws {
        var failed = try Self.placed()
        _ = failed.paymentFailed(paymentId: "PAY-1", paymentVersion: 1, reason: "refused")
        #expect(Self.told(by: &failed) == [OrderPlaced.type, OrderPaymentFailed.type])
        let isLate = failed.paymentApproved(paymentId: "PAY-1", paymentVersion: 2, at: Self.time)
        #expect(isLate && failed.paymentStatus == .paid && Self.told(by: &failed) == [])

        var cancelled = try Self.placed()
        _ = cancelled.cancellationBegan(at: Self.time)
        _ = Self.told(by: &cancelled)
        let isPaid = cancelled.paymentApproved(paymentId: "PAY-1", paymentVersion: 1, at: Self.time)
        let isFailed = cancelled.paymentFailed(paymentId: "PAY-1", paymentVersion: 2, reason: "refused")
        #expect(isPaid && !isFailed && Self.told(by: &cancelled) == [])
    }

    @Test func a_cancellation_tells_of_its_own_refund_and_later_only_of_more() throws {
        var order = try Self.placed(qty: 3)
        _ = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 1, at: Self.time)
        _ = order.cancellationBegan(at: Self.time)
        _ = Self.told(by: &order)
        let isCancelled = order.cancelled(reason: "late", refunded: 2, isPaymentOpen: true, at: Self.time)
        let event = order.recorded.payloads.last as? OrderCancelled
        #expect(isCancelled && event?.refundedAmount == 2 && event?.isPaymentOpen == true && event?.reason == "late")
        _ = Self.told(by: &order)

        _ = order.paymentRefunded(paymentVersion: 2, refundedAmount: 2, isWhole: false, at: Self.time)
        let isKnown = order.refundTold(of: 2, isWhole: false)
        #expect(!isKnown && Self.told(by: &order) == [])
        _ = order.paymentRefunded(paymentVersion: 3, refundedAmount: 3, isWhole: true, at: Self.time)
        let isNews = order.refundTold(of: 1, isWhole: true)
        let refund = order.recorded.payloads.last as? OrderRefunded
        #expect(isNews && refund?.amount == 1 && refund?.refundedAmount == 3 && refund?.isWhole == true)
    }

    @Test func refunds_that_failed_disputes_and_returns_are_told() throws {
        var order = try Self.placed(qty: 3)
        _ = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 1, at: Self.time)
        _ = order.shipped(deliveryVersion: 1, at: Self.time)
        _ = order.paymentRefunded(paymentVersion: 2, refundedAmount: 2, isWhole: false, at: Self.time)
        _ = Self.told(by: &order)
        let isFailed = order.refundFailed(2, paymentVersion: 3, refundedAmount: 0, at: Self.time)
        let isDisputed = order.paymentDisputed(.opened, amount: 3, paymentVersion: 4, at: Self.time)
        let isBack = order.returned(at: Self.time)
        #expect(isFailed && isDisputed && isBack)
        #expect(Self.told(by: &order) == [OrderRefundFailed.type, OrderDisputed.type, OrderReturned.type])
    }

    @Test func nobody_hears_of_a_tombstone() throws {
        var order = try Self.placed()
        order.becomeTombstone(reason: "withdrawn", at: Self.time)
        #expect(Self.told(by: &order) == [])
    }

    private static func placed(qty: Int64 = 1) throws -> Order {
        try Order.place(
            PlaceOrder(branchId: 1, sauceId: 1, qty: qty, price: 1), id: "ORD-1", defaultCurrency: .southKoreanWon,
            at: time)
    }

    /// The types of the recorded events, as if they had been published.
    private static func told(by order: inout Order) -> [String] {
        order.recorded.takeAll().payloads.map { type(of: $0).type }
    }
}
