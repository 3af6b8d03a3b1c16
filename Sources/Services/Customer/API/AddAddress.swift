import Contracts
import HTTP
import REST

/// The body of `POST /customers/{id}/addresses`.
struct AddAddress: Codable, Sendable {
    /// Who takes it, where that is another than the customer.
    let recipient: String?
    let street: String
    let city: String
    let postalCode: String?
    /// ISO 3166-1 alpha-2.
    let country: String
    /// Whether deliveries go there from now on; those of the first address do in any case.
    let isDefault: Bool?

    /// Throws a 400 `Problem` that names every field that is wrong.
    func address() throws(Problem) -> Address {
        var errors = FieldErrors()
        errors.require(recipient, "recipient", length: 1...200)
        errors.require(street, "street", length: 1...300)
        errors.require(city, "city", length: 1...100)
        errors.require(postalCode, "postalCode", length: 1...20)
        errors.require(
            country.utf8.count == 2 && country.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) },
            "country", "must be two capital letters, for example ID")
        try errors.check()
        return Address(recipient: recipient, street: street, city: city, postalCode: postalCode, country: country)
    }
}
