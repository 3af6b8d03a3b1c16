public import Contracts
public import Kernel
import Messaging

extension Order {
    /// A new order, or what is wrong with it: every field at once.
    public static func place(
        _ command: PlaceOrder, id: String, defaultCurrency: Currency, at time: Timestamp
    ) throws(InvalidOrder) -> Order {
        let lines = OrderLines(command)
        var errors: [InvalidOrder.Field] = []
        func require(_ condition: Bool, _ field: String, _ message: String) {
            if !condition { errors.append(.init(name: field, message: message)) }
        }
        let isBranchUnread = command.unreadable.contains { $0.name == "branchId" }
        require(command.branchId != nil || isBranchUnread, "branchId", "is required")
        require(command.branchId.map { $0 > 0 } ?? true, "branchId", "must be greater than 0")
        errors += command.unreadable + lines.errors
        require(command.email.map(EmailAddress.isPlausible) ?? true, "email", "must be an e-mail address")
        require(command.phone.map(PhoneNumber.isPlausible) ?? true, "phone", "must be a number as +628123456789")
        guard let total = Self.total(of: lines.items, in: command.currency ?? defaultCurrency) else {
            let isOneLine = lines.prefixes == [""]
            let message = "must come to at most \(Money.limit)"
            errors.append(
                isOneLine
                    ? .init(name: "price", message: "times qty " + message) : .init(name: "items", message: message))
            throw InvalidOrder(fields: errors)
        }
        guard errors.isEmpty, let branchId = command.branchId else { throw InvalidOrder(fields: errors) }
        var order = Order(
            id: id, branchId: branchId, items: lines.items, amount: total,
            buyer: Buyer(
                email: command.email.flatMap(EmailAddress.ascii), phone: command.phone, language: command.language),
            at: time)
        order.record(OrderPlaced(order: order.summary))
        return order
    }

    /// `nil` where it exceeds the limit.
    static func total(of items: [OrderItem], in currency: Currency) -> Money? {
        var total = Money(0, currency)
        for item in items {
            guard let line = try? Money(item.price, currency).multiplied(by: item.qty),
                let sum = try? total.adding(line), sum.amount <= Money.limit
            else { return nil }
            total = sum
        }
        return total
    }

    /// The part of an order that other services may know.
    var summary: OrderSummary {
        OrderSummary(
            orderId: id, branchId: branchId, items: items, qty: qty, amount: amount, currency: currency, buyer: buyer,
            address: address, cartId: cartId, checkout: checkout, placedAt: placedAt)
    }
}

extension Order {
    /// An order that comes out of a checkout. Its parts were checked by those who gave them.
    public static func create(_ command: CreateOrder, at time: Timestamp) throws(InvalidOrder) -> Order {
        var errors: [InvalidOrder.Field] = []
        var amount = Money(0, command.currency)
        for (index, item) in command.items.enumerated() {
            if item.qty < 1 { errors.append(.init(name: "items[\(index)].qty", message: "must be at least 1")) }
            if item.price < 1 { errors.append(.init(name: "items[\(index)].price", message: "must be at least 1")) }
            guard let line = try? Money(item.price, command.currency).multiplied(by: item.qty),
                let sum = try? amount.adding(line), sum.amount <= Money.limit
            else {
                errors.append(.init(name: "items", message: "must come to at most \(Money.limit)"))
                break
            }
            amount = sum
        }
        if command.items.isEmpty { errors.append(.init(name: "items", message: "must not be empty")) }
        guard errors.isEmpty else { throw InvalidOrder(fields: errors) }
        var order = Order(
            id: command.orderId, branchId: command.branchId, items: command.items, amount: amount,
            buyer: command.buyer, address: command.address, cartId: command.cartId, checkout: command.checkout,
            at: time)
        order.record(OrderPlaced(order: order.summary))
        return order
    }
}

/// The faults that make an order unacceptable, field by field.
public struct InvalidOrder: Error, Hashable, CustomStringConvertible {
    public struct Field: Sendable, Hashable {
        public let name: String
        public let message: String
    }
    public let fields: [Field]

    public var description: String { fields.map { "\($0.name) \($0.message)" }.joined(separator: "; ") }
}
