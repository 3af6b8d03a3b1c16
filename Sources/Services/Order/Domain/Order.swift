public import Contracts
public import Kernel
public import Storage

/// The aggregate: what a customer ordered at a branch, and how far its payment is.
public struct Order: Entity, Hashable {
    public let id: String
    public var version: Int64 = 0
    public let branchId: Int64
    /// At least one.
    public let items: [OrderItem]
    /// Of the only line, where there is one only.
    public let sauceId: Int64?
    /// Of one piece of the only line, in minor units of `currency`.
    public let price: Int64?
    /// Pieces, of all lines together, at least 1.
    public let qty: Int64
    /// Of all lines, each pieces × price: what is charged.
    public let amount: Int64
    public let currency: Currency
    public let buyer: Buyer
    public let address: Address?
    /// The cart that it came from, and who leads its checkout; `nil` where it was placed by itself.
    public let cartId: String?
    public let checkout: CheckoutStyle?
    public internal(set) var status: OrderStatus
    public internal(set) var paymentId: String?
    /// The version of the payment whose event was applied last: an event with this version or an older one is stale.
    public internal(set) var paymentVersion: Int64 = 0
    /// The same of the delivery.
    public internal(set) var deliveryVersion: Int64 = 0
    public internal(set) var failureReason: String?
    /// What it goes back to, should a cancellation not be possible after all.
    public internal(set) var statusBeforeCancelling: OrderStatus?
    /// Minor units.
    public internal(set) var refundedAmount: Int64?
    public let placedAt: Timestamp
    public internal(set) var paidAt: Timestamp?
    public internal(set) var cancelledAt: Timestamp?

    /// How often order has asked in vain for a payment whose outcome is not known, and when it asks again.
    public internal(set) var settleTries: Int?
    public internal(set) var settleAt: Timestamp?

    /// Nobody but order itself looks after its payment yet.
    var isUnsettled: Bool { status == .paymentPending && paymentId == nil && checkout == nil }

    public static let collection = Collection<Order>(
        "orders",
        fields: [
            .integer("branchId") { $0.branchId },
            .integer("sauceId") { $0.sauceId },
            .integer("qty") { $0.qty },
            .integer("amount") { $0.amount },
            .text("status", indexed: true) { $0.status.rawValue },
            .time("placedAt") { $0.placedAt },
            .time("settleAt", indexed: true) { $0.isUnsettled ? $0.settleAt ?? $0.placedAt : nil },
        ])
}

/// How far an order is.
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
    /// Delivery, payment and stock are being asked to take back their parts.
    case cancelling = "CANCELLING"
    /// It will not be carried out; nothing is charged for it.
    case cancelled = "CANCELLED"

    /// Whether the payment was decided.
    public var isDecided: Bool { self != .paymentPending && self != .placed }
}
