import Contracts
public import Kernel

/// How far an order is, in one word for people. Rules look at the two states that it is derived from.
public enum OrderStatus: String, Codable, Sendable, CaseIterable {
    /// Accepted; whether its payment has started is not known yet, and is being found out.
    case paymentPending = "PAYMENT_PENDING"
    /// Its payment has started; the provider's confirmation is awaited.
    case placed = "PLACED"
    /// Its money is captured.
    case paid = "PAID"
    /// The provider refused; nothing was captured.
    case paymentFailed = "PAYMENT_FAILED"
    /// Some of the money, or all of it, went back.
    case partiallyRefunded = "PARTIALLY_REFUNDED"
    case refunded = "REFUNDED"
    case shipped = "SHIPPED"
    case delivered = "DELIVERED"
    /// The buyer's bank disputes the payment.
    case disputed = "DISPUTED"
    /// Delivery, payment and stock are being asked to take back their parts.
    case cancelling = "CANCELLING"
    /// It will not be carried out; nothing is charged for it.
    case cancelled = "CANCELLED"

    /// Whether the payment was decided.
    public var isDecided: Bool { self != .paymentPending && self != .placed }
}

extension OrderStatus {
    init(payment: OrderPaymentStatus, fulfilment: FulfilmentStatus, cancellation: OrderCancellation?) {
        self =
            switch (cancellation, payment) {
            case (.some(let cancellation), _): cancellation.completedAt == nil ? .cancelling : .cancelled
            case (nil, .requiresPayment): .paymentPending
            case (nil, .pending), (nil, .authorised): .placed
            case (nil, .failed): .paymentFailed
            case (nil, .cancelled): .cancelled
            case (nil, .refunded): .refunded
            case (nil, .disputed): .disputed
            case (nil, .paid) where fulfilment == .shipped, (nil, .partiallyRefunded) where fulfilment == .shipped:
                .shipped
            case (nil, .paid) where fulfilment == .delivered, (nil, .partiallyRefunded) where fulfilment == .delivered:
                .delivered
            case (nil, .paid): .paid
            case (nil, .partiallyRefunded): .partiallyRefunded
            }
    }
}

extension OrderStatus {
    /// The payment status of a document that has none of its own.
    func payment(isPaid: Bool, _ refunded: RefundedShare) -> OrderPaymentStatus {
        switch self {
        case .refunded: .refunded
        case _ where isPaid: .keeping(refunded)
        case .paid, .shipped, .delivered: .keeping(refunded)
        case .partiallyRefunded: .partiallyRefunded
        case .paymentFailed: .failed
        case .placed: .pending
        case .disputed: .disputed
        case .paymentPending, .cancelling: .requiresPayment
        case .cancelled: .cancelled
        }
    }

    /// The fulfilment status of such a document. That a delivery was started was not noted then.
    var fulfilment: FulfilmentStatus {
        switch self {
        case .shipped: .shipped
        case .delivered: .delivered
        case .cancelled: .cancelled
        case .paymentPending, .placed, .paid, .paymentFailed, .partiallyRefunded, .refunded, .disputed, .cancelling:
            .none
        }
    }
}

/// That an order is to be cancelled, and whether it is.
public struct OrderCancellation: Codable, Sendable, Hashable {
    /// The saga that does it; `nil` of an order that was withdrawn before it was created.
    public let sagaId: String?
    public let requestedAt: Timestamp?
    public internal(set) var completedAt: Timestamp?
    /// The sum of the refunds that the buyer was told of when it was completed or later, in minor units.
    public internal(set) var refundedAmount: Int64?
}
