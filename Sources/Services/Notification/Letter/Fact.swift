import Contracts
import Kernel

/// One thing that a mail lists, without a language.
enum Fact: Sendable, Hashable {
    case order(String)
    case branch(Int64)
    /// A product's name, or its number where the order has no name, and how many pieces of it.
    case item(name: String?, sauceId: Int64, qty: Int64)
    case amount(Money)
    case refunded(Money)
    /// All that went back so far.
    case refundedInAll(Money)
    case notRefunded(Money)
    case disputed(Money)
    case reason(String)
    case trackingCode(String)
    case time(Timestamp)

    func value(_ figures: Figures) -> String {
        switch self {
        case .order(let text), .reason(let text), .trackingCode(let text): text
        case .branch(let number): String(number)
        case .item(let name, let sauceId, let qty): "\(name ?? "#\(sauceId)") × \(figures.number(qty))"
        case .amount(let money), .refunded(let money), .refundedInAll(let money), .notRefunded(let money),
            .disputed(let money):
            figures.money(money)
        case .time(let time): figures.time(time)
        }
    }
}

extension News {
    var facts: [Fact] {
        switch self {
        case .paid(let event): event.order.facts + [.time(event.paidAt)]
        case .paymentFailed(let event): event.order.facts + [.reason(event.reason)]
        case .cancelled(let event):
            event.order.facts
                + (event.refundedAmount > 0 ? [.refunded(Money(event.refundedAmount, event.order.currency))] : [])
                + [.reason(event.reason), .time(event.cancelledAt)]
        case .refunded(let event):
            event.order.facts + [.refunded(Money(event.amount, event.currency))]
                + (event.refundedAmount == event.amount
                    ? [] : [.refundedInAll(Money(event.refundedAmount, event.currency))])
        case .refundFailed(let event):
            event.order.facts + [.notRefunded(Money(event.amount, event.order.currency)), .time(event.failedAt)]
        case .disputed(let event):
            event.order.facts + [.disputed(Money(event.amount, event.order.currency)), .time(event.at)]
        case .shipped(let event):
            [.order(event.orderId)] + [event.trackingCode.map(Fact.trackingCode)].compactMap { $0 }
                + [.time(event.shippedAt)]
        case .delivered(let event): [.order(event.orderId), .time(event.deliveredAt)]
        }
    }
}

extension OrderSummary {
    fileprivate var facts: [Fact] {
        [.order(orderId), .branch(branchId)]
            + items.map { .item(name: $0.name, sauceId: $0.sauceId, qty: $0.qty) }
            + [.amount(Money(amount, currency))]
    }
}

extension OrderSummary {
    /// Of all lines.
    var total: Money { Money(amount, currency) }
}
