import Contracts
import Kernel

/// What seller and buyer are told of a paid order. The buyer only where the order says how to reach them.
struct PaidOrderMessages {
    let seller: String

    func messages(for paid: OrderPaid, at time: Timestamp) -> [Message] {
        let order = paid.order
        let facts = """
            Order:  \(order.orderId)
            Branch: \(order.branchId)
            Sauce:  \(order.items.map { $0.name ?? String($0.sauceId) }.joined(separator: ", "))
            Pieces: \(order.qty)
            Amount: \(Self.text(order.amount, order.currency))
            Paid:   \(paid.paidAt)
            """
        var messages = [
            Message(
                orderId: order.orderId, recipient: .seller, address: seller, subject: "Order \(order.orderId) is paid",
                text: "An order was paid and can be delivered.\n\n\(facts)\n", at: time)
        ]
        if let email = order.buyer.email {
            messages.append(
                Message(
                    orderId: order.orderId, recipient: .buyer, address: email,
                    subject: "We received your payment for order \(order.orderId)",
                    text: "Thank you. Your order is paid and on its way.\n\n\(facts)\n", at: time))
        }
        return messages
    }

    /// With the point where the currency has it: 10000 minor units of USD are 100.00.
    static func text(_ amount: Int64, _ currency: Currency) -> String {
        guard currency.exponent > 0 else { return "\(currency.code) \(amount)" }
        let digits = String(amount.magnitude)
        let padded = String(repeating: "0", count: max(0, currency.exponent + 1 - digits.count)) + digits
        let sign = amount < 0 ? "-" : ""
        return "\(currency.code) \(sign)\(padded.dropLast(currency.exponent)).\(padded.suffix(currency.exponent))"
    }
}
