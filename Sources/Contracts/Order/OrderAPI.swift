public import Kernel

/// Requests of cart to order.
public enum OrderAPI {
    public static let path = "/api/orders"

    /// `PUT` with `CreateOrder`: 201, or 200 when it was there already; 409 of type `withdrawn` when it was taken back
    /// before.
    public static func order(_ id: String) -> String { "\(path)/\(id)" }

    /// `POST` with `WithdrawOrder`: 200 once delivery, money and stock are given back; 409 of type `withdrawing` until
    /// then: ask again. No order of that id can be created afterwards. 422 of type `shipped` when it has left the shop.
    public static func withdrawal(_ id: String) -> String { "\(path)/\(id)/withdrawal" }

    public static let withdrawn = "/problems/order-withdrawn"
    public static let withdrawing = "/problems/order-withdrawing"
    public static let shipped = "/problems/order-shipped"
}

/// An order that comes out of a checkout, whose parts product and customer gave.
public struct CreateOrder: Codable, Sendable, Hashable {
    public let orderId: String
    public let cartId: String
    public let checkout: CheckoutStyle
    public let branchId: Int64
    public let items: [OrderItem]
    public let currency: Currency
    public let buyer: Buyer
    public let address: Address

    public init(
        orderId: String, cartId: String, checkout: CheckoutStyle, branchId: Int64, items: [OrderItem],
        currency: Currency, buyer: Buyer, address: Address
    ) {
        self.orderId = orderId
        self.cartId = cartId
        self.checkout = checkout
        self.branchId = branchId
        self.items = items
        self.currency = currency
        self.buyer = buyer
        self.address = address
    }
}

/// Takes an order back whose checkout came to nothing. Carries the whole order, so that one whose creation is still on
/// its way is known as withdrawn when it comes.
public struct WithdrawOrder: Codable, Sendable, Hashable {
    public let order: CreateOrder
    public let failure: CheckoutFailure
    public let reason: String

    public init(order: CreateOrder, failure: CheckoutFailure, reason: String) {
        self.order = order
        self.failure = failure
        self.reason = reason
    }
}

/// A line of an order.
public struct OrderItem: Codable, Sendable, Hashable {
    public let sauceId: Int64
    /// The product's, if the order came from a cart.
    public let name: String?
    /// Pieces.
    public let qty: Int64
    /// The price of one piece, in minor units.
    public let price: Int64

    public init(sauceId: Int64, name: String? = nil, qty: Int64, price: Int64) {
        self.sauceId = sauceId
        self.name = name
        self.qty = qty
        self.price = price
    }
}
