import Contracts
import Kernel

/// A line that a mail lists, without a language.
enum ContentLine: Sendable, Hashable {
    case order(String)
    case branch(Int64)
    /// A product's name, or its number if the order has no name, and how many pieces of it.
    case item(name: String?, sauceId: Int64, qty: Int64)
    /// The number of further items, which a mail has no room for.
    case moreItems(Int)
    case amount(Money)
    case refunded(Money)
    /// The sum of all refunds so far.
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
        case .moreItems(let count): numbers.number(Int64(count))
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
            + itemLines + [.amount(Money(amount, currency))]
    }

    /// As many items as a mail has room for: the largest order would make one that no mail service takes.
    private var itemLines: [ContentLine] {
        var bytes = 0
        let listed = items.prefix(100).prefix { item in
            bytes += item.name?.utf8.count ?? 0
            return bytes <= 8 << 10
        }
        let lines: [ContentLine] = listed.map { .item(name: $0.name, sauceId: $0.sauceId, qty: $0.qty) }
        return listed.count < items.count ? lines + [.moreItems(items.count - listed.count)] : lines
    }
}

extension OrderSummary {
    /// The sum of all lines.
    var total: Money { Money(amount, currency) }
}

/// How a language writes numbers, money and times.
struct NumberFormat: Sendable {
    let groupSeparator: String
    let decimalSeparator: String

    /// Formats an amount by the decimals of its currency: 1234567 minor units are `USD 12,345.67` and `KRW 1,234,567`.
    func money(_ money: Money) -> String {
        let exponent = money.currency.exponent
        let digits = String(money.amount.magnitude)
        let padded = String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + digits
        let fraction = exponent > 0 ? decimalSeparator + padded.suffix(exponent) : ""
        return "\(money.currency.code) \(money.amount < 0 ? "-" : "")\(grouped(padded.dropLast(exponent)))\(fraction)"
    }

    func number(_ number: Int64) -> String {
        (number < 0 ? "-" : "") + grouped(Substring(String(number.magnitude)))
    }

    /// Formats a time to the minute, in UTC, because the reader's time zone is not known.
    func time(_ time: Timestamp) -> String {
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }

    private func grouped(_ digits: Substring) -> String {
        var groups: [Substring] = []
        var rest = digits
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        return ([rest] + groups).joined(separator: groupSeparator)
    }
}
