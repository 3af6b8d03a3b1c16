public import Contracts
import HTTP
public import Kernel
import Messaging
import REST

extension Order {
    /// Makes a new order. Throws an error that names every field that is wrong.
    public static func place(
        _ command: PlaceOrder, id: String, defaultCurrency: Currency, owner: Principal? = nil, at time: Timestamp
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
            owner: owner, at: time)
        order.record(OrderPlaced(order: order.summary))
        return order
    }

    /// Returns the sum of all lines; `nil` if it exceeds the limit.
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
            address: address, cartId: cartId, checkout: checkout, owner: owner, placedAt: placedAt)
    }
}

extension Order {
    /// Makes the order of a checkout. The services that gave its parts have checked them.
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
            owner: command.owner, at: time)
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

/// The lines of an order that is to be placed, in either form, and their faults.
struct OrderLines {
    static let most = 100
    static let pieces: ClosedRange<Int64> = 1...1_000_000

    private(set) var items: [OrderItem] = []
    private(set) var errors: [InvalidOrder.Field] = []
    /// The prefix of the fields of each line; empty if the order is one line by itself.
    private(set) var prefixes: [String] = []

    init(_ command: PlaceOrder) {
        let isOneLine = command.sauceId != nil || command.qty != nil || command.price != nil
        guard let lines = command.items else {
            let isUnread = command.unreadable.contains { $0.name.hasPrefix("items") }
            guard isOneLine || !isUnread else { return }
            read(
                PlaceOrderItem(sauceId: command.sauceId, qty: command.qty, price: command.price), prefix: "",
                unreadable: command.unreadable)
            return
        }
        if isOneLine {
            errors.append(.init(name: "items", message: "cannot be given beside sauceId, qty and price"))
        }
        if !(1...Self.most).contains(lines.count) {
            errors.append(.init(name: "items", message: "must be 1 to \(Self.most) lines"))
        }
        for (index, line) in lines.prefix(Self.most).enumerated() {
            read(line, prefix: "items[\(index)].", unreadable: line.unreadable)
        }
    }

    private mutating func read(_ line: PlaceOrderItem, prefix: String, unreadable: [InvalidOrder.Field]) {
        let unread = Set(unreadable.map(\.name))
        if !prefix.isEmpty { errors += unreadable }
        let sauceId = number([("sauceId", line.sauceId), ("productId", line.productId)], prefix, unread)
        let qty = number([("qty", line.qty), ("quantity", line.quantity)], prefix, unread)
        let price = number([("price", line.price)], prefix, unread)
        require(sauceId, { $0 > 0 }, prefix + "sauceId", "must be greater than 0")
        require(qty, Self.pieces.contains, prefix + "qty", "must be from 1 to \(Self.pieces.upperBound)")
        require(price, { $0 > 0 }, prefix + "price", "must be greater than 0, in minor units")
        var texts = FieldErrors()
        texts.require(line.name, prefix + "name", length: 1...200)
        errors += texts.fields.map { .init(name: $0.field, message: $0.message) }
        items.append(OrderItem(sauceId: sauceId ?? 0, name: line.name, qty: qty ?? 0, price: price ?? 0))
        prefixes.append(prefix)
    }

    /// Reads a number that may have several names; `nil` if none is given, or it was not readable.
    private mutating func number(
        _ names: [(name: String, value: Int64?)], _ prefix: String, _ unread: Set<String>
    ) -> Int64? {
        let given = names.filter { $0.value != nil }
        if given.count > 1, Set(given.map(\.value)).count > 1 {
            let message = "says something else than \(names[0].name)"
            errors.append(.init(name: prefix + given[1].name, message: message))
        }
        if given.isEmpty, !names.contains(where: { unread.contains(prefix + $0.name) }) {
            errors.append(.init(name: prefix + names[0].name, message: "is required"))
        }
        return given.first?.value
    }

    private mutating func require(_ value: Int64?, _ isRight: (Int64) -> Bool, _ name: String, _ message: String) {
        if let value, !isRight(value) { errors.append(.init(name: name, message: message)) }
    }
}
