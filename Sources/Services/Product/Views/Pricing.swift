import Contracts
import HTTP
import Kernel
import Storage

/// Answers with the prices of products at a branch.
struct Pricing: Sendable {
    static let most = 100

    let products: Repository<Product>
    let stocks: Repository<Stock>

    func list(_ request: Request) async throws -> Response {
        guard let branchId = request.query["branchId"].flatMap({ Int64($0) }), branchId > 0 else {
            throw Problem.invalid("branchId", "must be a number greater than 0")
        }
        let texts = (request.query["sauceIds"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
        let sauceIds = texts.compactMap { Int64($0) }.filter { $0 > 0 }
        guard sauceIds.count == texts.count, sauceIds.count <= Self.most else {
            throw Problem.invalid("sauceIds", "must be up to \(Self.most) numbers greater than 0, with commas between")
        }
        var prices: [PriceList.Entry] = []
        for sauceId in Set(sauceIds).sorted() {
            guard try await stocks.find(Stock.id(branchId: branchId, sauceId: sauceId)) != nil,
                let product = try await products.find(Product.id(sauceId: sauceId))
            else { continue }
            prices.append(
                .init(
                    sauceId: sauceId, name: product.name, price: product.price, currency: product.currency,
                    isActive: product.isActive))
        }
        return try .json(PriceList(branchId: branchId, prices: prices))
    }
}

/// The priced lines of a reservation: each product once, all in one currency.
struct PricedItems: Sendable {
    let items: [OrderItem]
    let currency: Currency

    /// The reason why a request cannot be priced.
    struct Refusal: Error, Hashable, CustomStringConvertible {
        var description: String { reason }

        let reason: String
    }

    /// Prices a request. `products` are the known products that it names.
    init(_ request: ReserveStock, at products: [Int64: Product]) throws(Refusal) {
        let quantities = request.quantities
        var items: [OrderItem] = []
        var total: Money?
        // In the order of their numbers, so that concurrent transactions change the same rows in the same order.
        for sauceId in quantities.keys.sorted() {
            guard let product = products[sauceId] else { throw Refusal(reason: "there is no sauce \(sauceId)") }
            guard product.isActive else { throw Refusal(reason: "\(product.name) is not for sale") }
            let qty = quantities[sauceId] ?? 0
            items.append(OrderItem(sauceId: sauceId, name: product.name, qty: qty, price: product.price))
            total = try Self.add(product, qty, to: total)
        }
        guard let total else { throw Refusal(reason: "nothing is asked for") }
        self.items = items
        currency = total.currency
    }

    /// Returns a sentence about the present total; `nil` if `request` names that total.
    func change(from request: ReserveStock) -> String? {
        let total = items.reduce(0) { $0 + $1.qty * $1.price }
        let isAsSeen = request.total.map { $0 == total } ?? true
        let isSameCurrency = request.currency.map { $0 == currency } ?? true
        return isAsSeen && isSameCurrency ? nil : "the total is \(total) \(currency.code) now"
    }

    private static func add(_ product: Product, _ qty: Int64, to total: Money?) throws(Refusal) -> Money {
        do {
            let line = try Money(product.price, product.currency).multiplied(by: qty)
            let sum = try total?.adding(line) ?? line
            guard sum.amount <= Money.limit else { throw Refusal(reason: "the amount exceeds \(Money.limit)") }
            return sum
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            let isMixed = total.map { $0.currency != product.currency } ?? false
            throw Refusal(reason: isMixed ? "the prices are in several currencies" : "the amount is too large")
        }
    }
}
