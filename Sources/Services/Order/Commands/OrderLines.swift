import Contracts
import HTTP
import Kernel
import REST

/// The lines of an order that is to be placed, in either form, and what is wrong with them.
struct OrderLines {
    static let most = 100
    static let pieces: ClosedRange<Int64> = 1...1_000_000

    private(set) var items: [OrderItem] = []
    private(set) var errors: [InvalidOrder.Field] = []
    /// Before a field's name: nothing if the order is one line by itself.
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

    /// The one that is given of several names for the same; `nil` if none is, or it was not readable.
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
