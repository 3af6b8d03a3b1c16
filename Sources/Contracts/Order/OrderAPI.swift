public import Kernel

/// The requests that cart sends to order.
public enum OrderAPI {
    public static let path = "/api/orders"

    /// `PUT` with `CreateOrder` creates the order. The answer is 201, or 200 if the order exists already. It is 409 of
    /// type `withdrawn` if the order was withdrawn before this request arrived.
    public static func order(_ id: String) -> String { "\(path)/\(id)" }

    /// `POST` with `WithdrawOrder` withdraws the order. The answer is 200 once delivery, money and stock are given
    /// back. Until then it is 409 of type `withdrawing`, and the caller has to retry. It is 422 of type `shipped` if
    /// the order has left the shop. No order with that id can be created afterwards.
    public static func withdrawal(_ id: String) -> String { "\(path)/\(id)/withdrawal" }

    public static let withdrawn = "/problems/order-withdrawn"
    public static let withdrawing = "/problems/order-withdrawing"
    public static let shipped = "/problems/order-shipped"
}

/// The order that a checkout creates: product gave the items and prices, customer gave the buyer and the address.
public struct CreateOrder: Codable, Sendable, Hashable {
    public let orderId: String
    public let cartId: String
    public let checkout: CheckoutStyle
    public let branchId: Int64
    public let items: [OrderItem]
    public let currency: Currency
    public let buyer: Buyer
    public let address: Address
    /// The customer whose cart it comes from; `nil` if it is nobody's in particular.
    public let owner: Principal?

    public init(
        orderId: String, cartId: String, checkout: CheckoutStyle, branchId: Int64, items: [OrderItem],
        currency: Currency, buyer: Buyer, address: Address, owner: Principal? = nil
    ) {
        self.orderId = orderId
        self.cartId = cartId
        self.checkout = checkout
        self.branchId = branchId
        self.items = items
        self.currency = currency
        self.buyer = buyer
        self.address = address
        self.owner = owner
    }
}

/// Withdraws the order of a failed checkout. It carries the whole order, so that order can store a tombstone if it does
/// not have the order yet: a `CreateOrder` that arrives later is then refused.
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
    /// The name of the product, which is given if the order came from a cart.
    public let name: String?
    /// The number of pieces.
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
