import Contracts
import HTTP
import REST

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
