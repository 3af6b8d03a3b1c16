public import Kernel

/// The body of `POST /api/payments`. The `Idempotency-Key` is `PAY-IDEMPOTENCY-{orderId}`.
public struct RequestPayment: Codable, Sendable {
    public let orderId: String
    /// Minor units, more than 0.
    public let amount: Int64
    public let currency: Currency
    /// `automatic` if none is given.
    public let capture: Capture?

    public enum Capture: String, NamedChoice, Sendable {
        /// The money is taken at once.
        case automatic
        /// The money is reserved; a later call captures or voids it.
        case manual
    }

    /// The token of the customer's means of payment at the provider, never a card number; the configured one where
    /// none is given.
    public let paymentToken: String?

    public init(
        orderId: String, amount: Int64, currency: Currency, capture: Capture? = nil, paymentToken: String? = nil
    ) {
        self.orderId = orderId
        self.amount = amount
        self.currency = currency
        self.capture = capture
        self.paymentToken = paymentToken
    }
}

/// Without the token, so that it reaches no log.
extension RequestPayment: CustomStringConvertible, CustomReflectable {
    public var description: String { "payment of \(amount) \(currency.code) for \(orderId)" }
    public var customMirror: Mirror { Mirror(self, children: ["orderId": orderId, "amount": amount]) }
}

/// The answer to `POST /api/payments`.
public struct PaymentReceipt: Codable, Sendable {
    public enum Status: String, Codable, Sendable {
        /// The provider has it; its confirmation comes later.
        case pending = "PENDING"
        /// The provider's outcome is being found out; an event will tell.
        case unknown = "UNKNOWN"
        case authorised = "AUTHORISED"
        case captured = "CAPTURED"
        case partiallyRefunded = "PARTIALLY_REFUNDED"
        case refunded = "REFUNDED"
        case failed = "FAILED"
        /// The reservation was given up.
        case cancelled = "CANCELLED"
    }
    public let id: String
    public let orderId: String
    public let status: Status
    /// The version of the payment: grows with each of its steps.
    public let version: Int64
    /// Why it failed, where it did.
    public let reason: String?
    /// The request to the provider, and its state: `REQUESTED`, `ACCEPTED`, `UNKNOWN`, `SUCCEEDED` or `REFUSED`.
    public let attemptId: String
    public let attemptState: String
    /// Minor units.
    public let capturedAmount: Int64
    public let refundedAmount: Int64

    public init(
        id: String, orderId: String, status: Status, version: Int64, reason: String?, attemptId: String,
        attemptState: String, capturedAmount: Int64, refundedAmount: Int64
    ) {
        self.id = id
        self.orderId = orderId
        self.status = status
        self.version = version
        self.reason = reason
        self.attemptId = attemptId
        self.attemptState = attemptState
        self.capturedAmount = capturedAmount
        self.refundedAmount = refundedAmount
    }
}

public enum PaymentAPI {
    public static let path = "/api/payments"

    /// The `type` of the 503 that says: nothing was sent to the provider, nothing will be.
    public static let notStarted = "/problems/payment-not-started"

    /// `POST` with `CancelPayment` and an `Idempotency-Key`: gives back whatever was taken or reserved for an order,
    /// and keeps a payment from being started for it any more. 200 with `PaymentCancellation` once all is given back;
    /// 409 of type `notDecided` while that cannot be known yet: ask again. It is given back even if nobody does. 422
    /// where the provider refuses to: a person has to look, and asking again tries again.
    public static let cancellations = path + "/cancellations"
    public static let notDecided = "/problems/payment-not-decided"

    /// The `type` of the 409 that `POST /api/payments` answers for an order whose payment was cancelled before.
    public static let cancelled = "/problems/payment-cancelled"

    /// `GET`: the `PaymentReceipt` of an order as it is now, 404 if the order has no payment. For a look that must see
    /// the present: a repeated `POST` is answered with what was known at its first answer.
    public static func payment(orderId: String) -> String { "\(path)/orders/\(orderId)" }

    /// `POST` with `{"amount": …}` and an `Idempotency-Key`.
    public static func refunds(paymentId: String) -> String { "\(path)/\(paymentId)/refunds" }

    /// The idempotency key under which an order's payment is requested.
    public static func idempotencyKey(orderId: String) -> String {
        "PAY-IDEMPOTENCY-" + orderId
    }
}

/// The body of `POST /api/payments/cancellations`.
public struct CancelPayment: Codable, Sendable, Hashable {
    public let orderId: String
    public init(orderId: String) { self.orderId = orderId }
}

/// The answer to a cancellation.
public struct PaymentCancellation: Codable, Sendable, Hashable {
    public let orderId: String
    /// `nil` if no payment was ever begun.
    public let paymentId: String?
    /// The part of all that was captured which goes back, in minor units.
    public let refundedAmount: Int64

    public init(orderId: String, paymentId: String?, refundedAmount: Int64) {
        self.orderId = orderId
        self.paymentId = paymentId
        self.refundedAmount = refundedAmount
    }
}
