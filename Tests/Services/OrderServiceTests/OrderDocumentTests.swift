import Contracts
import FoundationEssentials
import Kernel
import Testing

@testable import OrderService

/// Orders that were stored when an order had one status.
@Suite struct OrderDocumentTests {
    @Test(arguments: [
        ("PAYMENT_PENDING", "", "REQUIRES_PAYMENT", "NONE"),
        ("PLACED", #","paymentId":"PAY-1""#, "PENDING", "NONE"),
        ("PAID", paid, "PAID", "NONE"),
        ("PAYMENT_FAILED", #","paymentId":"PAY-1""#, "FAILED", "NONE"),
        ("PARTIALLY_REFUNDED", paid + #","refundedAmount":1"#, "PARTIALLY_REFUNDED", "NONE"),
        ("REFUNDED", paid + #","refundedAmount":10"#, "REFUNDED", "NONE"),
        ("SHIPPED", paid, "PAID", "SHIPPED"),
        ("SHIPPED", paid + #","refundedAmount":1"#, "PARTIALLY_REFUNDED", "SHIPPED"),
        ("DELIVERED", paid, "PAID", "DELIVERED"),
        ("CANCELLING", paid + #","statusBeforeCancelling":"SHIPPED""#, "PAID", "SHIPPED"),
        ("CANCELLING", #","statusBeforeCancelling":"PLACED""#, "PENDING", "NONE"),
        ("CANCELLED", #","cancelledAt":"2026-01-02T00:00:00.000Z""#, "CANCELLED", "CANCELLED"),
        (
            "CANCELLED", paid + #","refundedAmount":10,"cancelledAt":"2026-01-02T00:00:00.000Z""#, "REFUNDED",
            "CANCELLED"
        ),
    ])
    func a_document_of_one_status_gets_the_two_that_it_meant(
        _ status: String, _ more: String, _ payment: String, _ fulfilment: String
    ) throws {
        let order = try JSON.decode(Order.self, from: Self.document(status, more))
        #expect(order.status.rawValue == status)
        #expect(order.paymentStatus.rawValue == payment)
        #expect(order.fulfilmentStatus.rawValue == fulfilment)
        // What is derived after the next step is what it was.
        var next = order
        next.paymentStatus = order.paymentStatus
        #expect(next.status.rawValue == status)
    }

    @Test func what_is_written_is_read_the_same() throws {
        let time = Timestamp(milliseconds: 1_767_225_600_000)
        var order = try JSON.decode(Order.self, from: Self.document("PLACED", #","paymentId":"PAY-1""#))
        let isPaid = order.paymentApproved(paymentId: "PAY-1", paymentVersion: 2, at: time)
        let isShipped = order.shipped(deliveryVersion: 2, at: time)
        let isRefunded = order.paymentRefunded(paymentVersion: 3, refundedAmount: 4, isWhole: false, at: time)
        #expect(isPaid && isShipped && isRefunded)
        #expect(try JSON.decode(Order.self, from: try JSON.encode(order)) == order)
        let other = try JSON.decode(Order.self, from: Self.document("PAID", Self.paid))
        var cancelled = other
        let isBegun = cancelled.cancellationBegan(sagaId: "S-1", at: time)
        #expect(isBegun)
        #expect(try JSON.decode(Order.self, from: try JSON.encode(cancelled)) == cancelled)
    }

    private static let paid = #","paymentId":"PAY-1","paidAt":"2026-01-01T00:00:00.000Z""#

    private static func document(_ status: String, _ more: String) -> Data {
        Data(
            (#"{"id":"ORD-1","version":3,"branchId":1,"items":[{"sauceId":1,"qty":10,"price":1}],"sauceId":1,"price":1,"#
                + #""qty":10,"amount":10,"currency":"KRW","buyer":{},"paymentVersion":1,"deliveryVersion":0,"#
                + #""placedAt":"2026-01-01T00:00:00.000Z","status":"\#(status)"\#(more)}"#).utf8)
    }
}
