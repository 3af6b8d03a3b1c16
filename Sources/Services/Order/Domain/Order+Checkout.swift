public import Contracts
public import Kernel

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
        return Order(
            id: command.orderId, branchId: command.branchId, items: command.items, amount: amount,
            buyer: command.buyer, address: command.address, cartId: command.cartId, checkout: command.checkout,
            at: time)
    }
}
