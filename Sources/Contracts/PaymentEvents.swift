public import Kernel
public import Messaging

/// The provider confirmed the capture of an order's amount.
public struct PaymentApproved: EventPayload, Hashable {
    public static let type = "sambal.payment.PaymentApproved.v1"
    public let paymentId: String
    public let orderId: String
    /// Minor units.
    public let amount: Int64
    public let currency: Currency
    /// The customer for whom the order was placed, and its branch, as far as payment was told.
    public let owner: Principal?
    public let branchId: Int64?
    public let approvedAt: Timestamp

    public init(
        paymentId: String, orderId: String, amount: Int64, currency: Currency, owner: Principal? = nil,
        branchId: Int64? = nil, approvedAt: Timestamp
    ) {
        self.owner = owner
        self.branchId = branchId
        self.paymentId = paymentId
        self.orderId = orderId
        self.amount = amount
        self.currency = currency
        self.approvedAt = approvedAt
    }
}

/// The provider refused for good; nothing was captured.
public struct PaymentFailed: EventPayload, Hashable {
    public static let type = "sambal.payment.PaymentFailed.v1"
    public let paymentId: String
    public let orderId: String
    public let reason: String

    public init(paymentId: String, orderId: String, reason: String) {
        self.paymentId = paymentId
        self.orderId = orderId
        self.reason = reason
    }
}

/// The amount is reserved at the provider; nothing is taken yet.
public struct PaymentAuthorised: EventPayload, Hashable {
    public static let type = "sambal.payment.PaymentAuthorised.v1"
    public let paymentId: String
    public let orderId: String
    /// Minor units.
    public let amount: Int64
    public let currency: Currency

    public init(paymentId: String, orderId: String, amount: Int64, currency: Currency) {
        self.paymentId = paymentId
        self.orderId = orderId
        self.amount = amount
        self.currency = currency
    }
}

/// Some or all of the captured amount was refunded.
public struct PaymentRefunded: EventPayload, Hashable {
    public static let type = "sambal.payment.PaymentRefunded.v1"
    public let paymentId: String
    public let orderId: String
    /// The amount of this refund, in minor units.
    public let amount: Int64
    /// The amount of all refunds so far, in minor units.
    public let refundedAmount: Int64
    public let currency: Currency
    /// The whole captured amount is refunded.
    public let isWhole: Bool
    public let refundedAt: Timestamp

    public init(
        paymentId: String, orderId: String, amount: Int64, refundedAmount: Int64, currency: Currency, isWhole: Bool,
        refundedAt: Timestamp
    ) {
        self.paymentId = paymentId
        self.orderId = orderId
        self.amount = amount
        self.refundedAmount = refundedAmount
        self.currency = currency
        self.isWhole = isWhole
        self.refundedAt = refundedAt
    }
}

/// An authorisation was voided; nothing was captured.
public struct PaymentCancelled: EventPayload, Hashable {
    public static let type = "sambal.payment.PaymentCancelled.v1"
    public let paymentId: String
    public let orderId: String
    /// The authorisation expired.
    public let isExpiry: Bool

    public init(paymentId: String, orderId: String, isExpiry: Bool) {
        self.paymentId = paymentId
        self.orderId = orderId
        self.isExpiry = isExpiry
    }
}

/// A confirmed refund failed later: its amount is the shop's again, and may be refunded once more.
public struct PaymentRefundFailed: EventPayload, Hashable {
    public static let type = "sambal.payment.PaymentRefundFailed.v1"
    public let paymentId: String
    public let orderId: String
    /// The amount of this refund, in minor units.
    public let amount: Int64
    /// The amount of all refunds that stand, in minor units.
    public let refundedAmount: Int64
    public let currency: Currency
    public let failedAt: Timestamp

    public init(
        paymentId: String, orderId: String, amount: Int64, refundedAmount: Int64, currency: Currency,
        failedAt: Timestamp
    ) {
        self.paymentId = paymentId
        self.orderId = orderId
        self.amount = amount
        self.refundedAmount = refundedAmount
        self.currency = currency
        self.failedAt = failedAt
    }
}

/// The buyer's bank disputes a payment, or the dispute has reached another stage.
public struct PaymentDisputed: EventPayload, Hashable {
    public static let type = "sambal.payment.PaymentDisputed.v1"

    public enum Stage: String, Codable, Sendable, CaseIterable {
        /// No money has moved.
        case opened = "OPENED"
        case fundsWithdrawn = "FUNDS_WITHDRAWN"
        case fundsReinstated = "FUNDS_REINSTATED"
        /// Decided for the shop.
        case won = "WON"
        /// Decided for the buyer.
        case lost = "LOST"
    }
    public let paymentId: String
    public let orderId: String
    public let stage: Stage
    /// The disputed amount, in minor units.
    public let amount: Int64
    public let currency: Currency
    public let at: Timestamp

    public init(
        paymentId: String, orderId: String, stage: Stage, amount: Int64, currency: Currency, at: Timestamp
    ) {
        self.paymentId = paymentId
        self.orderId = orderId
        self.stage = stage
        self.amount = amount
        self.currency = currency
        self.at = at
    }
}
