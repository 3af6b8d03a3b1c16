import Contracts
import Kernel

/// A line that a mail lists, without a language.
enum ContentLine: Sendable, Hashable {
    case order(String)
    case branch(Int64)
    /// A product's name, or its number if the order has no name, and how many pieces of it.
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

    func value(_ numbers: NumberFormat) -> String {
        switch self {
        case .order(let text), .reason(let text), .trackingCode(let text): text
        case .branch(let number): String(number)
        case .item(let name, let sauceId, let qty): "\(name ?? "#\(sauceId)") × \(numbers.number(qty))"
        case .amount(let money), .refunded(let money), .refundedInAll(let money), .notRefunded(let money),
            .disputed(let money):
            numbers.money(money)
        case .time(let time): numbers.time(time)
        }
    }
}

extension OrderNotification {
    var contentLines: [ContentLine] {
        switch self {
        case .paid(let event): event.order.contentLines + [.time(event.paidAt)]
        case .paymentFailed(let event): event.order.contentLines + [.reason(event.reason)]
        case .cancelled(let event):
            event.order.contentLines
                + (event.refundedAmount > 0 ? [.refunded(Money(event.refundedAmount, event.order.currency))] : [])
                + [.reason(event.reason), .time(event.cancelledAt)]
        case .refunded(let event):
            event.order.contentLines + [.refunded(Money(event.amount, event.currency))]
                + (event.refundedAmount == event.amount
                    ? [] : [.refundedInAll(Money(event.refundedAmount, event.currency))])
        case .refundFailed(let event):
            event.order.contentLines + [.notRefunded(Money(event.amount, event.order.currency)), .time(event.failedAt)]
        case .disputed(let event):
            event.order.contentLines + [.disputed(Money(event.amount, event.order.currency)), .time(event.at)]
        case .shipped(let event):
            [.order(event.orderId)] + [event.trackingCode.map(ContentLine.trackingCode)].compactMap { $0 }
                + [.time(event.shippedAt)]
        case .delivered(let event): [.order(event.orderId), .time(event.deliveredAt)]
        }
    }
}

extension OrderSummary {
    fileprivate var contentLines: [ContentLine] {
        [.order(orderId), .branch(branchId)]
            + items.map { .item(name: $0.name, sauceId: $0.sauceId, qty: $0.qty) }
            + [.amount(Money(amount, currency))]
    }
}

extension OrderSummary {
    /// The sum of all lines.
    var total: Money { Money(amount, currency) }
}
