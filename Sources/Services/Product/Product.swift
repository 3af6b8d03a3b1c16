public import Kernel
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
