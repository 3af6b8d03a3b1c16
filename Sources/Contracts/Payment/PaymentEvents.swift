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
    public let approvedAt: Timestamp

    public init(paymentId: String, orderId: String, amount: Int64, currency: Currency, approvedAt: Timestamp) {
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
