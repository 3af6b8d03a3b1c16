public import Messaging

/// Requests of cart to customer.
public enum CustomerAPI {
    public static let path = "/customers"

    /// `GET`: how a customer is reached and delivered to. 404 if there is no such customer, 422 of type `noAddress`
    /// where nothing can be delivered to them.
    public static func deliveryPath(customerId: String) -> String { "\(path)/\(customerId)/delivery-details" }

    /// The `type` of the 422.
    public static let noAddress = "/problems/no-address"
}

/// The customer's answer.
public struct DeliveryDetails: Codable, Sendable, Hashable {
    public let buyer: Buyer
    public let address: Address

    public init(buyer: Buyer, address: Address) {
        self.buyer = buyer
        self.address = address
    }
}

/// A checkout's buyer and address are known; its order can be placed. Choreographed checkouts only.
public struct AddressConfirmed: EventPayload, Hashable {
    public static let type = "sambal.customer.AddressConfirmed.v1"
    public let order: CreateOrder
    public init(order: CreateOrder) { self.order = order }
}

/// Nothing can be delivered to the checkout's customer. Choreographed checkouts only.
public struct AddressRejected: EventPayload, Hashable {
    public static let type = "sambal.customer.AddressRejected.v1"
    public let orderId: String
    public let reason: String
    public init(orderId: String, reason: String) {
        self.orderId = orderId
        self.reason = reason
    }
}

/// Where something is delivered to.
public struct Address: Codable, Sendable, Hashable {
    /// The recipient, if that is another than the customer.
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

/// The buyer, and how they want to be told: what an order keeps of a customer, as it was when it was placed.
public struct Buyer: Codable, Sendable, Hashable {
    public let customerId: String?
    public let name: String?
    public let email: String?
    /// E.164, for example `+628123456789`.
    public let phone: String?
    /// The shop's own if none is given.
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
