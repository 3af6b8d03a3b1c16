import Contracts
import Kernel

/// An event of an order that people are notified of.
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

    /// The part of the identity that tells the notifications of an order apart. Refunds differ by their sum, failed refunds
    /// and disputes by their time. The other kinds happen once, however often they are told.
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

/// The words of one language.
protocol Wording: Sendable {
    var numbers: NumberFormat { get }
    func greeting(_ name: String) -> String
    func subject(_ notification: OrderNotification, to recipient: Message.Recipient) -> String
    func opening(_ notification: OrderNotification, to recipient: Message.Recipient) -> String
    /// Returns the whole text message. It is short, because each part of one is paid for.
    func textMessage(_ notification: OrderNotification, to recipient: Message.Recipient) -> String
    func label(_ line: ContentLine) -> String
}

enum Wordings {
    static func wording(_ language: Language) -> any Wording {
        switch language {
        case .english: EnglishWording()
        case .indonesian: IndonesianWording()
        case .korean: KoreanWording()
        }
    }
}
