import Contracts
import Kernel

@testable import NotificationService

/// One of each kind of notification, about one order.
enum Samples {
    static let orderId = "ORD-01K3Q7"
    static let buyer = Buyer(
        customerId: "C-1", name: "Sri <b>&\"'", email: "buyer@example.com", phone: "+628123456789")
    static let time = Timestamp("2026-01-31T08:15:30Z")!

    static let item = OrderItem(sauceId: 1, name: "Sambal <Oelek> & more", qty: 1200, price: 100)

    static func order(
        _ id: String = orderId, buyer: Buyer = buyer, amount: Int64 = 1_234_567, items: [OrderItem] = [item]
    ) -> OrderSummary {
        OrderSummary(
            orderId: id, branchId: 7, items: items, qty: 1200,
            amount: amount, currency: Currency(code: "USD")!, buyer: buyer, placedAt: time)
    }

    static func paid(_ id: String = orderId, buyer: Buyer = buyer) -> OrderPaid {
        OrderPaid(order: order(id, buyer: buyer), paymentId: "PAY-1", paidAt: time)
    }

    static func refunded(_ amount: Int64, inAll: Int64, isWhole: Bool = false) -> OrderRefunded {
        OrderRefunded(order: order(), amount: amount, refundedAmount: inAll, isWhole: isWhole)
    }

    static func shipped(_ id: String = orderId) -> DeliveryShipped {
        DeliveryShipped(deliveryId: "DEL-1", orderId: id, trackingCode: "JNE<1>", shippedAt: time)
    }

    static func delivered(_ id: String = orderId) -> DeliveryDelivered {
        DeliveryDelivered(deliveryId: "DEL-1", orderId: id, deliveredAt: time)
    }

    static func cancelled(refunded amount: Int64 = 1_234_567) -> OrderCancelled {
        OrderCancelled(order: order(), reason: "No stock <left>", refundedAmount: amount, cancelledAt: time)
    }

    static var all: [OrderNotification] {
        [
            .paid(paid()), .paymentFailed(OrderPaymentFailed(order: order(), reason: "card <declined>")),
            .cancelled(cancelled()), .cancelled(cancelled(refunded: 0)), .refunded(refunded(500, inAll: 500)),
            .refunded(refunded(734_567, inAll: 1_234_567, isWhole: true)), .shipped(shipped()), .delivered(delivered()),
            .refundFailed(OrderRefundFailed(order: order(), amount: 500, refundedAmount: 0, failedAt: time)),
        ]
            + PaymentDisputed.Stage.allCases.map {
                .disputed(OrderDisputed(order: order(), stage: $0, amount: 1_234_567, at: time))
            }
    }
}
