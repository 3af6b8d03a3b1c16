public import Kernel
public import Messaging

/// An order was accepted. Its payment is requested next.
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

/// The provider refused the order's payment, which ends the order. Money that arrives later is refunded, which
/// `OrderCancelled` reports.
public struct OrderPaymentFailed: EventPayload, Hashable {
    public static let type = "sambal.order.OrderPaymentFailed.v1"
    public let orderId: String
    public let reason: String
    public let order: OrderSummary
    public init(order: OrderSummary, reason: String) {
        orderId = order.orderId
        self.order = order
        self.reason = reason
    }
}

/// The cancellation of the order has begun. The order does not change until its delivery, money and stock are
/// compensated, or the delivery turns out to have left the shop.
public struct OrderCancellationBegan: EventPayload, Hashable {
    public static let type = "sambal.order.OrderCancellationBegan.v1"
    public let order: OrderSummary
    public let reason: String
    public let requestedAt: Timestamp

    public init(order: OrderSummary, reason: String, requestedAt: Timestamp) {
        self.order = order
        self.reason = reason
        self.requestedAt = requestedAt
    }
}

/// The order could not be cancelled, and goes on.
public struct OrderCancellationRefused: EventPayload, Hashable {
    public static let type = "sambal.order.OrderCancellationRefused.v1"
    public let order: OrderSummary
    /// The present payment status. Changes during the cancellation were not published.
    public let paymentStatus: OrderPaymentStatus
    public let reason: String
    public let refusedAt: Timestamp

    public init(order: OrderSummary, paymentStatus: OrderPaymentStatus, reason: String, refusedAt: Timestamp) {
        self.order = order
        self.paymentStatus = paymentStatus
        self.reason = reason
        self.refusedAt = refusedAt
    }
}

/// The order is cancelled, and its captured money was refunded.
public struct OrderCancelled: EventPayload, Hashable {
    public static let type = "sambal.order.OrderCancelled.v1"
    public let order: OrderSummary
    public let reason: String
    /// Minor units.
    public let refundedAmount: Int64
    /// The outcome at the provider is not known yet; captured money will be refunded once it is.
    public let isPaymentOpen: Bool?
    public let cancelledAt: Timestamp

    public init(
        order: OrderSummary, reason: String, refundedAmount: Int64, isPaymentOpen: Bool? = nil, cancelledAt: Timestamp
    ) {
        self.order = order
        self.reason = reason
        self.refundedAmount = refundedAmount
        self.isPaymentOpen = isPaymentOpen
        self.cancelledAt = cancelledAt
    }
}

/// Some or all of an order's money was refunded to the buyer. For a cancelled order, only refunds that `OrderCancelled`
/// does not include.
public struct OrderRefunded: EventPayload, Hashable {
    public static let type = "sambal.order.OrderRefunded.v1"
    public let orderId: String
    /// The amount of this refund, and of all so far, in minor units.
    public let amount: Int64
    public let refundedAmount: Int64
    public let currency: Currency
    public let isWhole: Bool
    public let order: OrderSummary

    public init(order: OrderSummary, amount: Int64, refundedAmount: Int64, isWhole: Bool) {
        orderId = order.orderId
        currency = order.currency
        self.order = order
        self.amount = amount
        self.refundedAmount = refundedAmount
        self.isWhole = isWhole
    }
}

/// The goods of an order have come back to the shop.
public struct OrderReturned: EventPayload, Hashable {
    public static let type = "sambal.order.OrderReturned.v1"
    public let order: OrderSummary
    public let returnedAt: Timestamp

    public init(order: OrderSummary, returnedAt: Timestamp) {
        self.order = order
        self.returnedAt = returnedAt
    }
}

/// A published refund failed later: the shop has the money again and owes it.
public struct OrderRefundFailed: EventPayload, Hashable {
    public static let type = "sambal.order.OrderRefundFailed.v1"
    public let order: OrderSummary
    /// The amount of this refund, and the sum of all refunds that stand, in minor units.
    public let amount: Int64
    public let refundedAmount: Int64
    public let failedAt: Timestamp

    public init(order: OrderSummary, amount: Int64, refundedAmount: Int64, failedAt: Timestamp) {
        self.order = order
        self.amount = amount
        self.refundedAmount = refundedAmount
        self.failedAt = failedAt
    }
}

/// The buyer's bank disputes an order's payment, or has decided about it.
public struct OrderDisputed: EventPayload, Hashable {
    public static let type = "sambal.order.OrderDisputed.v1"
    public let order: OrderSummary
    public let stage: PaymentDisputed.Stage
    /// The disputed amount, in minor units.
    public let amount: Int64
    public let at: Timestamp

    public init(order: OrderSummary, stage: PaymentDisputed.Stage, amount: Int64, at: Timestamp) {
        self.order = order
        self.stage = stage
        self.amount = amount
        self.at = at
    }
}
