import Contracts

/// What there is to tell about an order.
enum News: Sendable {
    case paid(OrderPaid)
    case paymentFailed(OrderPaymentFailed)
    case cancelled(OrderCancelled)
    case refunded(OrderRefunded)
    case shipped(DeliveryShipped)
    case delivered(DeliveryDelivered)

    var orderId: String {
        switch self {
        case .paid(let event): event.order.orderId
        case .paymentFailed(let event): event.orderId
        case .cancelled(let event): event.order.orderId
        case .refunded(let event): event.orderId
        case .shipped(let event): event.orderId
        case .delivered(let event): event.orderId
        }
    }

    /// What makes it another piece of news of its order. Refunds are several, and each leaves another sum behind; the
    /// rest happens once, however often it is told.
    var identity: String {
        if case .refunded(let event) = self { return "\(kind.rawValue)-\(event.refundedAmount)" }
        return kind.rawValue
    }

    var kind: NewsKind {
        switch self {
        case .paid: .paid
        case .paymentFailed: .paymentFailed
        case .cancelled: .cancelled
        case .refunded: .refunded
        case .shipped: .shipped
        case .delivered: .delivered
        }
    }
}

enum NewsKind: String, Codable, Sendable, CaseIterable {
    case paid, paymentFailed, cancelled, refunded, shipped, delivered
}
