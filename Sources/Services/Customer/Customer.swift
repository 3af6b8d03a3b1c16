public import Contracts
import HTTP
public import Kernel
import REST
public import Storage

/// The aggregate of a customer: the name, the ways to reach them, and the addresses for deliveries.
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
    /// The caller whose record it is; `nil` if it was made by an operator, or nobody has said who asks.
    public internal(set) var owner: Principal?

    public static let collection = Collection<Customer>(
        "customers",
        fields: [
            .text("name", indexed: true) { $0.name },
            .text("email", unique: true) { $0.email },
            .text("phone", indexed: true) { $0.phone },
            .text("language") { $0.language.rawValue },
            .owner { $0.owner },
        ])

    /// Whether a checkout may deliver to the customer that was begun by `buyer`, if that is known: nobody gets at another's
    /// address by naming it in a cart.
    func isFor(_ buyer: Principal?) -> Bool { buyer == nil || owner == buyer }

    /// The part of a customer that an order keeps.
    var buyer: Buyer { Buyer(customerId: id, name: name, email: email, phone: phone, language: language) }

    /// The buyer with the default address; `nil` if the customer has no address.
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

/// Changes a customer's addresses.
extension Customer {
    public static let mostAddresses = 20

    /// Adds an address. The first one becomes the default in any case. Returns `false` if there are too many.
    public mutating func add(_ address: Address, id: String, asDefault: Bool) -> Bool {
        guard addresses.count < Self.mostAddresses else { return false }
        addresses.append(CustomerAddress(id: id, address: address, isDefault: false))
        if asDefault || addresses.count == 1 { _ = makeDefault(id) }
        return true
    }

    /// Makes an address the default. Returns `false` if there is no such address.
    public mutating func makeDefault(_ addressId: String) -> Bool {
        guard addresses.contains(where: { $0.id == addressId }) else { return false }
        for index in addresses.indices { addresses[index].isDefault = addresses[index].id == addressId }
        return true
    }

    /// Removes an address. If it was the default, the oldest of the others becomes the default. Returns `false` if there
    /// is no such address.
    public mutating func remove(_ addressId: String) -> Bool {
        guard let index = addresses.firstIndex(where: { $0.id == addressId }) else { return false }
        let removed = addresses.remove(at: index)
        if removed.isDefault, let first = addresses.first { _ = makeDefault(first.id) }
        return true
    }
}

/// The body of `POST /customers` and `PUT /customers/{id}`. Addresses have commands of their own.
struct CustomerBody: Codable, Sendable {
    let name: String
    /// No two customers have the same.
    let email: String?
    /// E.164.
    let phone: String?
    /// The shop's own if none is given.
    let language: Language?

    /// Throws a 400 `Problem` that names every field that is wrong.
    func customer(id: String, keeping stored: Customer?, defaultLanguage: Language) throws(Problem) -> Customer {
        var errors = FieldErrors()
        errors.require(name, "name", length: 1...200)
        errors.require(email.map(EmailAddress.isPlausible) ?? true, "email", "must be an e-mail address")
        errors.require(phone.map(PhoneNumber.isPlausible) ?? true, "phone", "must be a number as +628123456789")
        try errors.check()
        return Customer(
            id: id, name: name, email: email.flatMap(EmailAddress.normalised), phone: phone,
            language: language ?? defaultLanguage,
            addresses: stored?.addresses ?? [])
    }
}
