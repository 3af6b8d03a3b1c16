public import Kernel
public import Messaging

/// A checkout's stock is kept for it. Choreographed checkouts only.
public struct StockReserved: EventPayload, Hashable {
    public static let type = "sambal.product.StockReserved.v1"
    public let checkout: CheckoutRequested
    /// At the prices of this moment.
    public let items: [OrderItem]
    public let currency: Currency

    public init(checkout: CheckoutRequested, items: [OrderItem], currency: Currency) {
        self.checkout = checkout
        self.items = items
        self.currency = currency
    }
}

/// A checkout's stock is not there. Choreographed checkouts only.
public struct StockRejected: EventPayload, Hashable {
    public static let type = "sambal.product.StockRejected.v1"
    public let orderId: String
    public let reason: String
    /// Not enough of it; else one of the products does not exist.
    public let isOutOfStock: Bool
    /// The total is not the one that the buyer saw.
    public let isPriceChange: Bool?

    public init(orderId: String, reason: String, isOutOfStock: Bool, isPriceChange: Bool? = nil) {
        self.isPriceChange = isPriceChange
        self.orderId = orderId
        self.reason = reason
        self.isOutOfStock = isOutOfStock
    }
}

/// An order was paid after its reservation had expired, and its stock is gone: the order cannot stand. Choreographed
/// checkouts only.
public struct StockLost: EventPayload, Hashable {
    public static let type = "sambal.product.StockLost.v1"
    public let orderId: String
    public init(orderId: String) { self.orderId = orderId }
}

/// An order's stock left the shelf for good. Choreographed checkouts only.
public struct StockSold: EventPayload, Hashable {
    public static let type = "sambal.product.StockSold.v1"
    public let orderId: String
    public init(orderId: String) { self.orderId = orderId }
}
