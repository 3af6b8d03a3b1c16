public import Kernel

/// The answer to `GET /prices`: the prices of the requested products at a branch. Unknown products are left out.
public struct PriceList: Codable, Sendable, Hashable {
    /// The price of one piece of a product.
    public struct Entry: Codable, Sendable, Hashable {
        public let sauceId: Int64
        public let name: String
        /// Minor units.
        public let price: Int64
        public let currency: Currency
        /// Whether it is for sale.
        public let isActive: Bool

        public init(sauceId: Int64, name: String, price: Int64, currency: Currency, isActive: Bool) {
            self.sauceId = sauceId
            self.name = name
            self.price = price
            self.currency = currency
            self.isActive = isActive
        }
    }
    public let branchId: Int64
    public let prices: [Entry]

    public init(branchId: Int64, prices: [Entry]) {
        self.branchId = branchId
        self.prices = prices
    }

    public func price(of sauceId: Int64) -> Entry? { prices.first { $0.sauceId == sauceId } }
}
