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

/// The provider refused the order's payment, which ends the order. Money that arrives later goes back, and
/// `OrderCancelled` tells of it.
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

/// The order is being given up: from now on nothing else happens to it, until its delivery, money and stock are taken back
/// or the delivery turns out to have left.
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

/// The order could not be given up, and goes on.
public struct OrderCancellationRefused: EventPayload, Hashable {
    public static let type = "sambal.order.OrderCancellationRefused.v1"
    public let order: OrderSummary
    /// How far its money is now: what happened to it meanwhile was not told.
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

/// The order will not be carried out. What was paid has gone back.
public struct OrderCancelled: EventPayload, Hashable {
    public static let type = "sambal.order.OrderCancelled.v1"
    public let order: OrderSummary
    public let reason: String
    /// Minor units.
    public let refundedAmount: Int64
    /// The provider's outcome is not known yet: the money that it took goes back as soon as it is.
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

/// Some or all of an order's money went back to the buyer; of a cancelled order only what `OrderCancelled` has not told.
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

/// A refund that was told before did not go through: the shop has that money again, and owes it.
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
