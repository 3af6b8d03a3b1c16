import Contracts
public import Kernel

extension Order {
    /// A new order, or what is wrong with it: every field at once.
    public static func place(
        _ command: PlaceOrder, id: String, defaultCurrency: Currency, at time: Timestamp
    ) throws(InvalidOrder) -> Order {
        var errors: [InvalidOrder.Field] = []
        func require(_ condition: Bool, _ field: String, _ message: String) {
            if !condition { errors.append(.init(name: field, message: message)) }
        }
        require(command.branchId > 0, "branchId", "must be greater than 0")
        require(command.sauceId > 0, "sauceId", "must be greater than 0")
        require((1...1_000_000).contains(command.qty), "qty", "must be from 1 to 1000000")
        require(command.price > 0, "price", "must be greater than 0, in minor units")
        require(command.email.map(EmailAddress.isPlausible) ?? true, "email", "must be an e-mail address")
        require(command.phone.map(PhoneNumber.isPlausible) ?? true, "phone", "must be a number as +628123456789")
        let unit = Money(command.price, command.currency ?? defaultCurrency)
        guard let total = try? unit.multiplied(by: command.qty), total.amount <= Money.limit else {
            errors.append(.init(name: "price", message: "times qty must be at most \(Money.limit)"))
            throw InvalidOrder(fields: errors)
        }
        guard errors.isEmpty else { throw InvalidOrder(fields: errors) }
        return Order(
            id: id, branchId: command.branchId,
            items: [OrderItem(sauceId: command.sauceId, qty: command.qty, price: command.price)], amount: total,
            buyer: Buyer(email: command.email, phone: command.phone, language: command.language), at: time)
    }

    /// What other services may know.
    var summary: OrderSummary {
        OrderSummary(
            orderId: id, branchId: branchId, items: items, qty: qty, amount: amount, currency: currency, buyer: buyer,
            address: address, cartId: cartId, checkout: checkout, placedAt: placedAt)
    }
}

/// What makes an order unacceptable, field by field.
public struct InvalidOrder: Error, Hashable {
    public struct Field: Sendable, Hashable {
        public let name: String
        public let message: String
    }
    public let fields: [Field]
}
