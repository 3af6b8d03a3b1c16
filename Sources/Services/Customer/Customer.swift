public import Contracts
public import Storage

/// The aggregate: who buys, how they are reached, and where they want things to be delivered.
public struct Customer: Entity, Hashable {
    public let id: String
    public var version: Int64 = 0
    public let name: String
    /// In lower case; no two customers have the same.
    public let email: String?
    /// E.164.
    public let phone: String?
    public let language: Language
    /// In the order in which they came. Where there are some, exactly one is the default.
    public internal(set) var addresses: [CustomerAddress]

    public static let collection = Collection<Customer>(
        "customers",
        fields: [
            .text("name", indexed: true) { $0.name },
            .text("email", unique: true) { $0.email },
            .text("phone", indexed: true) { $0.phone },
            .text("language") { $0.language.rawValue },
        ])

    /// The part of a customer that an order keeps.
    var buyer: Buyer { Buyer(customerId: id, name: name, email: email, phone: phone, language: language) }

    /// How they are reached and delivered to; `nil` if nothing can be delivered.
    var deliveryDetails: DeliveryDetails? {
        addresses.first(where: \.isDefault).map { DeliveryDetails(buyer: buyer, address: $0.address) }
    }
}

/// One of a customer's addresses.
public struct CustomerAddress: Codable, Sendable, Hashable {
    public let id: String
    public let address: Address
    /// Whether deliveries go there.
    public internal(set) var isDefault: Bool
}
