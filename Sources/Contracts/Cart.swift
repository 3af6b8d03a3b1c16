public import Kernel
public import Messaging

/// The answers of cart.
public enum CartAPI {
    /// The `type` of the 503 of a checkout that took too long: it is taken back, and the same request may try again.
    public static let timedOut = "/problems/checkout-timed-out"

    /// The `type` of the 409 of a checkout whose payment or order was cancelled meanwhile. It has ended, as 409 without a
    /// type has not: a client that repeats its key gets the same answer for good.
    public static let cancelled = "/problems/checkout-cancelled"

    /// The `type` of the 422 of a checkout with a product that is not sold at the branch.
    public static let unknownProduct = "/problems/unknown-product"
}

/// A buyer wants what is in a cart. Choreographed checkouts only: product acts on it.
public struct CheckoutRequested: EventPayload, Hashable {
    public static let type = "sambal.cart.CheckoutRequested.v1"
    /// The id of the order that is to be.
    public let orderId: String
    public let cartId: String
    public let customerId: String
    public let branchId: Int64
    public let items: [CheckoutItem]
    /// The total that the buyer saw, in minor units; `nil` if the request names none.
    public let total: Int64?
    public let currency: Currency?
    /// The customer whose cart it is; `nil` if it is nobody's in particular.
    public let owner: Principal?
    public let requestedAt: Timestamp

    public init(
        orderId: String, cartId: String, customerId: String, branchId: Int64, items: [CheckoutItem],
        total: Int64? = nil, currency: Currency? = nil, owner: Principal? = nil, requestedAt: Timestamp
    ) {
        self.total = total
        self.currency = currency
        self.owner = owner
        self.orderId = orderId
        self.cartId = cartId
        self.customerId = customerId
        self.branchId = branchId
        self.items = items
        self.requestedAt = requestedAt
    }
}

/// A choreographed checkout takes too long. Order gives it up where it is not paid; said again until the checkout ends.
public struct CheckoutExpired: EventPayload, Hashable {
    public static let type = "sambal.cart.CheckoutExpired.v1"
    public let orderId: String
    public let cartId: String
    public let customerId: String

    public init(orderId: String, cartId: String, customerId: String) {
        self.orderId = orderId
        self.cartId = cartId
        self.customerId = customerId
    }
}

/// The order of a checkout is paid and its stock sold.
public struct CheckoutCompleted: EventPayload, Hashable {
    public static let type = "sambal.cart.CheckoutCompleted.v1"
    public let orderId: String
    public let cartId: String
    public let customerId: String

    public init(orderId: String, cartId: String, customerId: String) {
        self.orderId = orderId
        self.cartId = cartId
        self.customerId = customerId
    }
}

/// A checkout came to nothing; what it had taken was given back.
public struct CheckoutFailed: EventPayload, Hashable {
    public static let type = "sambal.cart.CheckoutFailed.v1"
    public let orderId: String
    public let cartId: String
    public let customerId: String
    public let failure: CheckoutFailure
    public let reason: String

    public init(orderId: String, cartId: String, customerId: String, failure: CheckoutFailure, reason: String) {
        self.orderId = orderId
        self.cartId = cartId
        self.customerId = customerId
        self.failure = failure
        self.reason = reason
    }
}

/// Why a checkout came to nothing.
public enum CheckoutFailure: String, NamedChoice, Sendable, Hashable {
    case outOfStock = "OUT_OF_STOCK"
    case unknownProduct = "UNKNOWN_PRODUCT"
    /// The total is not the one that the buyer saw.
    case priceChanged = "PRICE_CHANGED"
    case noAddress = "NO_ADDRESS"
    case paymentDeclined = "PAYMENT_DECLINED"
    /// The buyer, or an operator, gave it up.
    case cancelled = "CANCELLED"
    /// A service was away, or payment stayed open, for longer than the checkout waits.
    case timedOut = "TIMED_OUT"
}
