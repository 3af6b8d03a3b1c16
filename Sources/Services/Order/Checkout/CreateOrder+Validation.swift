import Contracts
import HTTP
import REST

extension CreateOrder {
    private static let mostLines = 1000

    /// Throws a 400 `Problem` that names every field which is out of bounds. Orders that come by event were made by the
    /// shop's own services, and are not asked.
    func check(prefix: String = "") throws(Problem) {
        var errors = FieldErrors()
        errors.require(identifier: orderId, prefix + "orderId")
        errors.require(identifier: cartId, prefix + "cartId")
        errors.require(
            items.count <= Self.mostLines, prefix + "items", "must be at most \(Self.mostLines) lines")
        for (index, item) in items.prefix(Self.mostLines).enumerated() {
            errors.require(item.name, "\(prefix)items[\(index)].name", length: 1...200)
        }
        errors.require(identifier: buyer.customerId, prefix + "buyer.customerId")
        errors.require(buyer.name, prefix + "buyer.name", length: 1...200)
        errors.require(
            buyer.email.map(EmailAddress.isPlausible) ?? true, prefix + "buyer.email", "must be an e-mail address")
        errors.require(
            buyer.phone.map(PhoneNumber.isPlausible) ?? true, prefix + "buyer.phone",
            "must be a number as +628123456789")
        errors.require(address.recipient, prefix + "address.recipient", length: 1...200)
        errors.require(address.street, prefix + "address.street", length: 1...300)
        errors.require(address.city, prefix + "address.city", length: 1...100)
        errors.require(address.postalCode, prefix + "address.postalCode", length: 1...20)
        errors.require(address.country, prefix + "address.country", length: 2...2)
        try errors.check()
    }
}

extension WithdrawOrder {
    func check() throws(Problem) {
        try order.check(prefix: "order.")
        var errors = FieldErrors()
        // Words of the step that failed, which may quote others.
        errors.require(reason.utf8.count <= 4000, "reason", "must have at most 4000 bytes")
        try errors.check()
    }
}
