public import Contracts
public import Kernel

/// The body of `POST /orders`.
public struct PlaceOrder: Codable, Sendable, Hashable {
    public let branchId: Int64
    public let sauceId: Int64
    /// Pieces.
    public let qty: Int64
    /// Of one piece, in minor units.
    public let price: Int64
    /// ISO 4217; the shop's own where none is given.
    public let currency: Currency?
    /// Where the buyer wants to be told; optional.
    public let email: String?
    /// The same by text message; E.164.
    public let phone: String?
    /// Of what the buyer is told; the shop's own where none is given.
    public let language: Language?

    public init(
        branchId: Int64, sauceId: Int64, qty: Int64, price: Int64, currency: Currency? = nil, email: String? = nil,
        phone: String? = nil, language: Language? = nil
    ) {
        self.branchId = branchId
        self.sauceId = sauceId
        self.qty = qty
        self.price = price
        self.currency = currency
        self.email = email
        self.phone = phone
        self.language = language
    }
}
