public import Kernel

/// The requests that cart and order send to product. A reservation has the id of its order, so a repeated call is about
/// the same reservation.
public enum ProductAPI {
    public static let path = "/products"
    public static let reservations = "/reservations"

    /// `PUT` with `ReserveStock` reserves stock. The answer is a `StockReservation` with 201, or with 200 if the
    /// reservation exists already. It is 409 of type `outOfStock` if there is too little stock, 409 of type
    /// `reservationReleased` if the reservation was released before, and 422 for an unknown product.
    public static func reservation(orderId: String) -> String { "\(reservations)/\(orderId)" }

    /// `POST` sells the reserved stock. The answer is 200. It is 409 of type `outOfStock` if the reservation had
    /// expired and its stock is gone, and 409 of type `reservationReleased` if the reservation was released.
    public static func commit(orderId: String) -> String { "\(reservations)/\(orderId)/commit" }

    /// `POST` returns the reserved or sold pieces to stock. The answer is 200, even if there is no such reservation:
    /// product then stores a tombstone, so that a late request cannot make one.
    public static func release(orderId: String) -> String { "\(reservations)/\(orderId)/release" }

    /// `GET` answers 200 with a `PriceList`. A product without a stock record at the branch is not known there.
    public static let prices = "/prices"
    public static func prices(branchId: Int64, sauceIds: [Int64]) -> String {
        "\(prices)?branchId=\(branchId)&sauceIds=\(sauceIds.map { String($0) }.joined(separator: ","))"
    }

    /// The `type` of a 409 that says that a price, or a total, is not the one that the buyer saw.
    public static let priceChanged = "/problems/price-changed"

    public static let outOfStock = "/problems/out-of-stock"
    public static let reservationReleased = "/problems/reservation-released"
}

/// The body of `PUT /reservations/{orderId}`.
public struct ReserveStock: Codable, Sendable, Hashable {
    public let branchId: Int64
    public let items: [CheckoutItem]
    /// The seconds after which the reservation expires if it was neither sold nor released. The default is the setting
    /// `product.reservationExpiry`.
    public let expiresAfter: Int64?
    /// The total that the buyer saw, in minor units. If the current total is another, nothing is reserved, and the
    /// answer is 409 of type `priceChanged`.
    public let total: Int64?
    public let currency: Currency?

    public init(
        branchId: Int64, items: [CheckoutItem], expiresAfter: Int64? = nil, total: Int64? = nil,
        currency: Currency? = nil
    ) {
        self.total = total
        self.currency = currency
        self.branchId = branchId
        self.items = items
        self.expiresAfter = expiresAfter
    }
}

/// A number of pieces of one product.
public struct CheckoutItem: Codable, Sendable, Hashable {
    public let sauceId: Int64
    /// The number of pieces.
    public let qty: Int64

    public init(sauceId: Int64, qty: Int64) {
        self.sauceId = sauceId
        self.qty = qty
    }
}

/// Stock that is kept for an order, at the prices of the moment when it was reserved.
public struct StockReservation: Codable, Sendable, Hashable {
    public enum Status: String, Codable, Sendable, CaseIterable {
        case reserved = "RESERVED"
        /// The stock is sold.
        case committed = "COMMITTED"
        /// The stock went back, either before it was sold or after.
        case released = "RELEASED"
        /// The order was not paid in time, and the stock went back. A commit takes the pieces again if there are
        /// enough.
        case expired = "EXPIRED"
    }
    public let orderId: String
    public let branchId: Int64
    public let status: Status
    public let items: [OrderItem]
    public let currency: Currency

    public init(orderId: String, branchId: Int64, status: Status, items: [OrderItem], currency: Currency) {
        self.orderId = orderId
        self.branchId = branchId
        self.status = status
        self.items = items
        self.currency = currency
    }
}
