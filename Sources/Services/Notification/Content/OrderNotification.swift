import Contracts
import Kernel

/// Something that happened to an order, and that people are told of.
enum OrderNotification: Sendable {
    case paid(OrderPaid)
    case paymentFailed(OrderPaymentFailed)
    case cancelled(OrderCancelled)
    case refunded(OrderRefunded)
    case refundFailed(OrderRefundFailed)
    case disputed(OrderDisputed)
    case shipped(DeliveryShipped)
    case delivered(DeliveryDelivered)

    var orderId: String {
        switch self {
        case .paid(let event): event.order.orderId
        case .paymentFailed(let event): event.orderId
        case .cancelled(let event): event.order.orderId
        case .refunded(let event): event.orderId
        case .refundFailed(let event): event.order.orderId
        case .disputed(let event): event.order.orderId
        case .shipped(let event): event.orderId
        case .delivered(let event): event.orderId
        }
    }

    /// Tells it from other notifications of its order. Refunds are several, and each leaves another sum behind;
    /// refunds that fail and disputes have their time; the rest happens once, however often it is told.
    var identity: String {
        switch self {
        case .refunded(let event): "\(kind.rawValue)-\(event.refundedAmount)"
        case .refundFailed(let event): "\(kind.rawValue)-\(event.refundedAmount)-\(event.failedAt.milliseconds)"
        case .disputed(let event): "\(kind.rawValue)-\(event.stage.rawValue)-\(event.at.milliseconds)"
        case .paid, .paymentFailed, .cancelled, .shipped, .delivered: kind.rawValue
        }
    }

    var kind: NotificationKind {
        switch self {
        case .paid: .paid
        case .paymentFailed: .paymentFailed
        case .cancelled: .cancelled
        case .refunded: .refunded
        case .refundFailed: .refundFailed
        case .disputed: .disputed
        case .shipped: .shipped
        case .delivered: .delivered
        }
    }
}

enum NotificationKind: String, Codable, Sendable, CaseIterable {
    case paid, paymentFailed, cancelled, refunded, refundFailed, disputed, shipped, delivered
}
