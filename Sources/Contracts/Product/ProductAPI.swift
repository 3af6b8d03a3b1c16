public import Kernel

/// Requests of cart and order to product. A reservation has its order's id: to repeat a call is to mean the same one.
public enum ProductAPI {
    public static let path = "/products"
    public static let reservations = "/reservations"

    /// `PUT` with `ReserveStock`: 201, or 200 when it was there already, with `StockReservation`; 409 of type
    /// `outOfStock`, 409 of type `reservationReleased` when it was given up before, 422 for an unknown product.
    public static func reservation(orderId: String) -> String { "\(reservations)/\(orderId)" }

    /// `POST`: what was reserved is sold. 200; 409 of type `outOfStock` if it had expired and is gone, 409 of type
    /// `reservationReleased` if it was given up.
    public static func commit(orderId: String) -> String { "\(reservations)/\(orderId)/commit" }

    /// `POST`: what was reserved, or sold, goes back to stock. 200, also when there is no such reservation: none will
    /// be made any more.
    public static func release(orderId: String) -> String { "\(reservations)/\(orderId)/release" }

    /// `GET`: 200 with `PriceList`. A product that has no stock record at the branch is not known there.
    public static let prices = "/prices"
    public static func prices(branchId: Int64, sauceIds: [Int64]) -> String {
        "\(prices)?branchId=\(branchId)&sauceIds=\(sauceIds.map { String($0) }.joined(separator: ","))"
    }

    /// The `type` of the 409 of a price, or a total, that is not the one that its buyer saw.
    public static let priceChanged = "/problems/price-changed"

    public static let outOfStock = "/problems/out-of-stock"
    public static let reservationReleased = "/problems/reservation-released"
}

/// The body of `PUT /reservations/{orderId}`.
public struct ReserveStock: Codable, Sendable, Hashable {
    public let branchId: Int64
    public let items: [CheckoutItem]
    /// Seconds until stock that was neither sold nor released goes back; product's own if none is given.
    public let expiresAfter: Int64?
    /// The total that its buyer saw, in minor units: where the prices come to something else, nothing is reserved (409
    /// of type `priceChanged`).
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

/// Some pieces of a product.
public struct CheckoutItem: Codable, Sendable, Hashable {
    public let sauceId: Int64
    /// Pieces.
    public let qty: Int64

    public init(sauceId: Int64, qty: Int64) {
        self.sauceId = sauceId
        self.qty = qty
    }
}

/// Stock that is kept for an order, at the prices of that moment.
public struct StockReservation: Codable, Sendable, Hashable {
    public enum Status: String, Codable, Sendable, CaseIterable {
        case reserved = "RESERVED"
        /// Sold.
        case committed = "COMMITTED"
        /// Given up, or returned.
        case released = "RELEASED"
        /// Nobody paid in time; the stock went back. A commit takes it again while there is some.
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
