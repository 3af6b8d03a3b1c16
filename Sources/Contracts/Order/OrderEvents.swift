public import Kernel
public import Messaging

/// An order was accepted. Its payment is asked for next.
public struct OrderPlaced: EventPayload, Hashable {
    public static let type = "sambal.order.OrderPlaced.v1"
    public let order: OrderSummary
    public init(order: OrderSummary) { self.order = order }
}

/// The order's payment certainly did not start, so the order does not stand.
public struct OrderRejected: EventPayload, Hashable {
    public static let type = "sambal.order.OrderRejected.v1"
    public let orderId: String
    public let reason: String
    public init(orderId: String, reason: String) {
        self.orderId = orderId
        self.reason = reason
    }
}

/// The order's money is captured.
public struct OrderPaid: EventPayload, Hashable {
    public static let type = "sambal.order.OrderPaid.v1"
    public let order: OrderSummary
    public let paymentId: String
    public let paidAt: Timestamp
    public init(order: OrderSummary, paymentId: String, paidAt: Timestamp) {
        self.order = order
        self.paymentId = paymentId
        self.paidAt = paidAt
    }
}

/// The provider refused the order's payment.
public struct OrderPaymentFailed: EventPayload, Hashable {
    public static let type = "sambal.order.OrderPaymentFailed.v1"
    public let orderId: String
    public let reason: String
    public init(orderId: String, reason: String) {
        self.orderId = orderId
        self.reason = reason
    }
}

/// Some or all of an order's money went back to the buyer.
public struct OrderRefunded: EventPayload, Hashable {
    public static let type = "sambal.order.OrderRefunded.v1"
    public let orderId: String
    /// Of this refund, and of all so far, in minor units.
    public let amount: Int64
    public let refundedAmount: Int64
    public let currency: Currency
    public let isWhole: Bool

    public init(orderId: String, amount: Int64, refundedAmount: Int64, currency: Currency, isWhole: Bool) {
        self.orderId = orderId
        self.amount = amount
        self.refundedAmount = refundedAmount
        self.currency = currency
        self.isWhole = isWhole
    }
}

/// What other services may know of an order.
public struct OrderSummary: Codable, Sendable, Hashable {
    public let orderId: String
    public let branchId: Int64
    public let sauceId: Int64
    /// Pieces.
    public let qty: Int64
    /// Of one piece, in minor units.
    public let price: Int64
    /// `qty` × `price`, in minor units.
    public let amount: Int64
    public let currency: Currency
    /// The buyer's, where one was given.
    public let email: String?
    public let placedAt: Timestamp

    public init(
        orderId: String, branchId: Int64, sauceId: Int64, qty: Int64, price: Int64, amount: Int64, currency: Currency,
        email: String?, placedAt: Timestamp
    ) {
        self.orderId = orderId
        self.branchId = branchId
        self.sauceId = sauceId
        self.qty = qty
        self.price = price
        self.amount = amount
        self.currency = currency
        self.email = email
        self.placedAt = placedAt
    }
}
