/// Where something is delivered to.
public struct Address: Codable, Sendable, Hashable {
    /// Who takes it, where that is another than the customer.
    public let recipient: String?
    /// Street and number, or what stands for them.
    public let street: String
    public let city: String
    public let postalCode: String?
    /// ISO 3166-1 alpha-2, for example `ID` or `KR`.
    public let country: String

    public init(recipient: String? = nil, street: String, city: String, postalCode: String? = nil, country: String) {
        self.recipient = recipient
        self.street = street
        self.city = city
        self.postalCode = postalCode
        self.country = country
    }
}
