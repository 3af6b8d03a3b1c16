import HTTP
public import Kernel
import REST
public import Storage

/// The aggregate of a product.
public struct Product: Entity, Hashable {
    /// The sauce's number as text.
    public let id: String
    public var version: Int64 = 0
    /// The number of the product: unique, and never changed.
    public let sauceId: Int64
    public let name: String
    public let description: String?
    /// The price of one piece, in minor units of `currency`.
    public let price: Int64
    public let currency: Currency
    /// Whether the product can be reserved.
    public let isActive: Bool

    public static let collection = Collection<Product>(
        "products",
        fields: [
            .integer("sauceId", unique: true) { $0.sauceId },
            .text("name", indexed: true) { $0.name },
            .integer("price") { $0.price },
            .text("currency") { $0.currency.code },
            .boolean("isActive", indexed: true) { $0.isActive },
        ])

    static func id(sauceId: Int64) -> String { String(sauceId) }
}

/// The body of `POST /products` and `PUT /products/{id}`.
struct ProductBody: Codable, Sendable {
    /// Greater than 0. May be left out if the path has it.
    let sauceId: Int64?
    let name: String
    let description: String?
    /// The price of one piece, in minor units.
    let price: Int64
    /// ISO 4217; the shop's own if none is given.
    let currency: Currency?
    /// `true` by default.
    let isActive: Bool?

    /// Throws a 400 `Problem` that names every field that is wrong.
    func product(id: String?, defaultCurrency: Currency) throws(Problem) -> Product {
        let sauceId = sauceId ?? id.flatMap { Int64($0) }
        var errors = FieldErrors()
        errors.require(sauceId != nil, "sauceId", "is required")
        errors.require(sauceId ?? 1 > 0, "sauceId", "must be greater than 0")
        errors.require(id == nil || id == sauceId.map(Product.id), "sauceId", "must be that of the path")
        errors.require(name, "name", length: 1...200)
        errors.require(description, "description", length: 1...2000)
        errors.require((1...Money.limit).contains(price), "price", "must be from 1 to \(Money.limit), in minor units")
        try errors.check()
        return Product(
            id: Product.id(sauceId: sauceId ?? 0), sauceId: sauceId ?? 0, name: name, description: description,
            price: price, currency: currency ?? defaultCurrency, isActive: isActive ?? true)
    }
}

extension ProductBody {
    /// The writes of the resource. A product with stock cannot be deleted.
    static func writes(stocks: Repository<Stock>, defaultCurrency: Currency) -> RestWrites<Product> {
        RestWrites(
            ProductBody.self, idField: "sauceId",
            checkDeletion: { product, tx in
                for field in ["onHand", "reserved"] {
                    let some = [Condition.equal("sauceId", .integer(product.sauceId)), .greater(field, 0)]
                    guard try await stocks.first(where: some, in: tx) != nil else { continue }
                    throw Problem(status: 409, detail: "There is stock of \(product.name); make it inactive instead")
                }
            },
            make: { body, id, _ in try body.product(id: id, defaultCurrency: defaultCurrency) })
    }
}
