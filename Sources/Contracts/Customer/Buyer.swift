/// Who buys, and how they want to be told: what an order keeps of a customer, as it was when it was placed.
public struct Buyer: Codable, Sendable, Hashable {
    public let customerId: String?
    public let name: String?
    public let email: String?
    /// E.164, for example `+628123456789`.
    public let phone: String?
    /// The shop's own where none is given.
    public let language: Language?

    public init(
        customerId: String? = nil, name: String? = nil, email: String? = nil, phone: String? = nil,
        language: Language? = nil
    ) {
        self.customerId = customerId
        self.name = name
        self.email = email
        self.phone = phone
        self.language = language
    }
}
