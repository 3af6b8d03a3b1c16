import Contracts
import HTTP
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
