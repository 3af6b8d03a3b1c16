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
    /// Minor units.
    public private(set) var captured: Int64 = 0
    /// Minor units.
    public private(set) var refunded: Int64 = 0

    public static let collection = Collection<OrderTotals>(
        "orderTotals",
        fields: [
            .text("day", indexed: true) { $0.day },
            .text("currency") { $0.currency.code },
        ])

    /// Makes empty totals of the part's day and currency.
    init(for part: OrderCount.Part) {
        id = "\(part.day)-\(part.currency.code)"
        day = part.day
        currency = part.currency
    }

    /// Returns the day (UTC), for example `2026-11-29`.
    static func day(of time: Timestamp) -> String {
        // RFC 3339 begins with it.
        String(time.description.prefix(10))
    }

    mutating func add(_ part: OrderCount.Part) { change(by: part, 1) }

    mutating func subtract(_ part: OrderCount.Part) { change(by: part, -1) }

    /// Adds totals of the same day and currency.
    mutating func add(_ other: OrderTotals) {
        orders += other.orders
        paid += other.paid
        delivered += other.delivered
        // Sums that no number holds wrap around rather than end the process, and are right again once they fit.
        captured &+= other.captured
        refunded &+= other.refunded
        for (status, change) in other.statuses { count(status, change) }
    }

    var isEmpty: Bool {
        orders == 0 && paid == 0 && delivered == 0 && captured == 0 && refunded == 0 && statuses.isEmpty
    }

    private mutating func change(by part: OrderCount.Part, _ sign: Int64) {
        orders += sign
        if part.isPaid { paid += sign }
        if part.isDelivered { delivered += sign }
        captured &+= sign &* part.captured
        refunded &+= sign &* part.refunded
        count(part.status, sign)
    }

    private mutating func count(_ status: String, _ change: Int64) {
        let sum = (statuses[status] ?? 0) + change
        statuses[status] = sum == 0 ? nil : sum
    }
}
