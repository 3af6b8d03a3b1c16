public import Kernel
public import Storage

/// The orders that were placed on one day in one currency, counted, and their money: what an overview of many days is
/// made of without reading their rows.
public struct OrderTotals: Entity, Hashable {
    /// Day and currency, for example `2026-11-29-KRW`.
    public let id: String
    public var version: Int64 = 0
    /// The day (UTC) on which the orders were placed.
    public let day: String
    public let currency: Currency
    public private(set) var orders: Int64 = 0
    /// Orders by the status of their rows.
    public private(set) var statuses: [String: Int64] = [:]
    /// Orders whose money was captured, also if it was refunded since.
    public private(set) var paid: Int64 = 0
    public private(set) var delivered: Int64 = 0
    /// Captured, in minor units.
    public private(set) var revenue: Int64 = 0
    /// Refunded, in minor units.
    public private(set) var refunded: Int64 = 0

    public static let collection = Collection<OrderTotals>(
        "orderTotals",
        fields: [
            .text("day", indexed: true) { $0.day },
            .text("currency") { $0.currency.code },
        ])

    private init(day: String, currency: Currency) {
        id = "\(day)-\(currency.code)"
        self.day = day
        self.currency = currency
    }

    /// Makes empty totals of the same day and currency.
    init(like other: OrderTotals) { self.init(day: other.day, currency: other.currency) }

    /// Makes what a row adds to the totals of its day; `nil` if it is not counted.
    init?(_ row: OrderDashboard) {
        guard row.isCounted == true, let placedAt = row.placedAt, let currency = row.currency else { return nil }
        // RFC 3339 begins with the day.
        self.init(day: String(placedAt.description.prefix(10)), currency: currency)
        orders = 1
        statuses = [row.status.rawValue: 1]
        paid = row.isPaid ? 1 : 0
        delivered = row.deliveredAt == nil ? 0 : 1
        revenue = row.isPaid ? row.amount ?? 0 : 0
        refunded = row.refundedAmount ?? 0
    }

    static func + (left: OrderTotals, right: OrderTotals) -> OrderTotals { left.combined(with: right, +) }

    static func - (left: OrderTotals, right: OrderTotals) -> OrderTotals { left.combined(with: right, -) }

    private func combined(with other: OrderTotals, _ combine: (Int64, Int64) -> Int64) -> OrderTotals {
        var result = self
        result.orders = combine(orders, other.orders)
        result.paid = combine(paid, other.paid)
        result.delivered = combine(delivered, other.delivered)
        result.revenue = combine(revenue, other.revenue)
        result.refunded = combine(refunded, other.refunded)
        for (status, count) in other.statuses {
            let sum = combine(statuses[status] ?? 0, count)
            result.statuses[status] = sum == 0 ? nil : sum
        }
        return result
    }
}
