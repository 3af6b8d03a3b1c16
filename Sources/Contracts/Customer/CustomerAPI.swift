/// What cart asks of customer.
public enum CustomerAPI {
    public static let path = "/customers"

    /// `GET`: how a customer is reached and delivered to. 404 where there is no such customer, 422 of type `noAddress`
    /// where nothing can be delivered to them.
    public static func deliveryPath(customerId: String) -> String { "\(path)/\(customerId)/delivery-details" }

    /// The `type` of the 422.
    public static let noAddress = "/problems/no-address"
}

/// What it answers.
public struct DeliveryDetails: Codable, Sendable, Hashable {
    public let buyer: Buyer
    public let address: Address

    public init(buyer: Buyer, address: Address) {
        self.buyer = buyer
        self.address = address
    }
}
