public import Contracts
import HTTP
public import Kernel
import REST

/// The body of `POST /orders`: one line by itself (`sauceId`, `qty`, `price`), or several as `items`. Members are read
/// as far as they can be; `unreadable` names the others.
public struct PlaceOrder: Codable, Sendable, Hashable {
    public let branchId: Int64?
    public let sauceId: Int64?
    /// Pieces.
    public let qty: Int64?
    /// The price of one piece, in minor units.
    public let price: Int64?
    public let items: [PlaceOrderItem]?
    /// ISO 4217; the shop's own if none is given.
    public let currency: Currency?
    /// Where the buyer wants to be told; optional.
    public let email: String?
    /// Where the buyer wants to be told by text message; E.164.
    public let phone: String?
    /// The language of the messages; the shop's own if none is given.
    public let language: Language?
    let unreadable: [InvalidOrder.Field]

    public init(
        branchId: Int64?, sauceId: Int64? = nil, qty: Int64? = nil, price: Int64? = nil,
        items: [PlaceOrderItem]? = nil, currency: Currency? = nil, email: String? = nil, phone: String? = nil,
        language: Language? = nil
    ) {
        self.branchId = branchId
        self.sauceId = sauceId
        self.qty = qty
        self.price = price
        self.items = items
        self.currency = currency
        self.email = email
        self.phone = phone
        self.language = language
        unreadable = []
    }

    private enum CodingKeys: String, CodingKey {
        case branchId, sauceId, qty, price, items, currency, email, phone, language
    }

    public init(from decoder: any Decoder) throws {
        var fields = try FieldReader(decoder, keyedBy: CodingKeys.self)
        branchId = try fields.read(.branchId)
        sauceId = try fields.read(.sauceId)
        qty = try fields.read(.qty)
        price = try fields.read(.price)
        items = try fields.read(.items)
        currency = try fields.read(.currency)
        email = try fields.read(.email)
        phone = try fields.read(.phone)
        language = try fields.read(.language)
        unreadable = fields.unreadable
    }
}

/// A line of `items`.
public struct PlaceOrderItem: Codable, Sendable, Hashable {
    /// Or `productId`.
    public let sauceId: Int64?
    public let productId: Int64?
    /// Pieces; or `quantity`.
    public let qty: Int64?
    public let quantity: Int64?
    /// The price of one piece, in minor units.
    public let price: Int64?
    /// For the buyer's mails; optional.
    public let name: String?
    let unreadable: [InvalidOrder.Field]

    public init(
        sauceId: Int64? = nil, productId: Int64? = nil, qty: Int64? = nil, quantity: Int64? = nil, price: Int64? = nil,
        name: String? = nil
    ) {
        self.sauceId = sauceId
        self.productId = productId
        self.qty = qty
        self.quantity = quantity
        self.price = price
        self.name = name
        unreadable = []
    }

    private enum CodingKeys: String, CodingKey {
        case sauceId, productId, qty, quantity, price, name
    }

    public init(from decoder: any Decoder) throws {
        var fields = try FieldReader(decoder, keyedBy: CodingKeys.self)
        sauceId = try fields.read(.sauceId)
        productId = try fields.read(.productId)
        qty = try fields.read(.qty)
        quantity = try fields.read(.quantity)
        price = try fields.read(.price)
        name = try fields.read(.name)
        unreadable = fields.unreadable
    }
}

extension FieldReader {
    /// The members that could not be read, as faults of an order.
    fileprivate var unreadable: [InvalidOrder.Field] { errors.map { .init(name: $0.field, message: $0.message) } }
}
