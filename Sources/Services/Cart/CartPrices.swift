import Contracts
import HTTP
import Kernel
import REST
import ServiceHost

/// Prices a cart's content as product does today. A cart is shown without prices where product does not answer in
/// time.
struct CartPrices: Sendable {
    let product: ServiceClient
    let timeout: Duration

    func priced(_ cart: Cart) async -> PricedCart {
        guard !cart.items.isEmpty else { return PricedCart(cart: cart, lines: [], total: 0, currency: nil) }
        let path = ProductAPI.prices(branchId: cart.branchId, sauceIds: cart.items.map(\.sauceId))
        guard let response = try? await product.send(.get, path, timeout: timeout), response.isSuccess,
            let list = try? JSON.decode(PriceList.self, from: response.body)
        else { return PricedCart(cart: cart, lines: nil, total: nil, currency: nil) }
        return PricedCart(cart, at: list)
    }
}

/// A cart beside what it costs.
struct PricedCart: Codable, Sendable, Hashable {
    /// A product that is not known at the branch, or not for sale, has no price.
    struct Line: Codable, Sendable, Hashable {
        let sauceId: Int64
        let name: String?
        /// The prices of one piece and of the line, in minor units.
        let price: Int64?
        let amount: Int64?
    }
    let cart: Cart
    let lines: [Line]?
    /// The sum of all lines, in minor units; `nil` if one has no price, or they are in several currencies.
    let total: Int64?
    let currency: Currency?

    init(cart: Cart, lines: [Line]?, total: Int64?, currency: Currency?) {
        self.cart = cart
        self.lines = lines
        self.total = total
        self.currency = currency
    }

    init(_ cart: Cart, at prices: PriceList) {
        var total: Money?
        var isWhole = true
        let lines = cart.items.map { item in
            let entry = prices.price(of: item.sauceId).flatMap { $0.isActive ? $0 : nil }
            let line = entry.flatMap { try? Money($0.price, $0.currency).multiplied(by: item.qty) }
            if let line, let sum = total.map({ try? $0.adding(line) }) ?? line, sum.amount <= Money.limit {
                total = sum
            } else {
                isWhole = false
            }
            return Line(sauceId: item.sauceId, name: entry?.name, price: entry?.price, amount: line?.amount)
        }
        self.init(
            cart: cart, lines: lines, total: isWhole ? total?.amount : nil, currency: isWhole ? total?.currency : nil)
    }

    private enum CodingKeys: String, CodingKey {
        case prices, total, currency
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            cart: try Cart(from: decoder), lines: try values.decodeIfPresent([Line].self, forKey: .prices),
            total: try values.decodeIfPresent(Int64.self, forKey: .total),
            currency: try values.decodeIfPresent(Currency.self, forKey: .currency))
    }

    /// The cart's own members, and `prices`, `total` and `currency` among them.
    func encode(to encoder: any Encoder) throws {
        try cart.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(lines, forKey: .prices)
        try container.encodeIfPresent(total, forKey: .total)
        try container.encodeIfPresent(currency, forKey: .currency)
    }
}
