public import Kernel

/// An order as other services may know it.
public struct OrderSummary: Codable, Sendable, Hashable {
    public let orderId: String
    public let branchId: Int64
    public let items: [OrderItem]
    /// Pieces, of all lines.
    public let qty: Int64
    /// The sum of all lines, in minor units.
    public let amount: Int64
    public let currency: Currency
    /// How the buyer is reached, as far as that is known.
    public let buyer: Buyer
    public let address: Address?
    /// `nil` if the order did not come from a cart.
    public let cartId: String?
    public let checkout: CheckoutStyle?
    /// The customer for whom it was placed; `nil` if nobody has said who asks.
    public let owner: Principal?
    public let placedAt: Timestamp

    public init(
        orderId: String, branchId: Int64, items: [OrderItem], qty: Int64, amount: Int64, currency: Currency,
        buyer: Buyer, address: Address? = nil, cartId: String? = nil, checkout: CheckoutStyle? = nil,
        owner: Principal? = nil, placedAt: Timestamp
    ) {
        self.orderId = orderId
        self.branchId = branchId
        self.items = items
        self.qty = qty
        self.amount = amount
        self.currency = currency
        self.buyer = buyer
        self.address = address
        self.cartId = cartId
        self.checkout = checkout
        self.owner = owner
        self.placedAt = placedAt
    }
}
