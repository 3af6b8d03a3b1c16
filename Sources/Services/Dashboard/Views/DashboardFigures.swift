import HTTP
public import Kernel
import Storage

/// The orders of some days in figures.
public struct DashboardFigures: Codable, Sendable {
    public struct Day: Codable, Sendable {
        public let day: String
        public let orders: Int64
    }
    public struct Money: Codable, Sendable {
        public let currency: Currency
        /// Minor units.
        public let captured: Int64
        public let refunded: Int64
    }
    /// The first and the last day (UTC).
    public let from: String
    public let to: String
    public private(set) var orders: Int64 = 0
    /// Orders by the status of their rows.
    public private(set) var statuses: [String: Int64] = [:]
    /// Orders whose money was captured, also if it was refunded since.
    public private(set) var paid: Int64 = 0
    public private(set) var delivered: Int64 = 0
    /// The days on which orders were placed.
    public private(set) var days: [Day] = []
    /// Sorted by currency.
    public private(set) var currencies: [Money] = []
    /// The time of the last event about any order.
    public private(set) var lastEventAt: Timestamp?
    static let longestRange = 366
    private static let batch = 500

    /// Adds up the totals of so many days up to `now`, however many rows those are. Returns the figures and their
    /// entity tag.
    static func read(
        days: Int, until now: Timestamp, of side: OrderDashboardProjection, generation: Int, in tx: any ReadTransaction
    ) async throws -> (figures: DashboardFigures, tag: String) {
        let from = OrderTotals.day(of: now - .seconds((days - 1) * 86_400))
        var figures = DashboardFigures(from: from, to: OrderTotals.day(of: now))
        var tag = EntityTagBuilder()
        tag.add(Int64(generation))
        tag.add(figures.from)
        tag.add(figures.to)
        let range: [Condition] = [
            .greaterOrEqual("day", .text(figures.from)), .lessOrEqual("day", .text(figures.to)),
        ]
        var (offset, isEnd) = (0, false)
        var money: [String: Money] = [:]
        while !isEnd {
            let rows = try await side.totals.all(
                Query(where: range, sort: [Sort("day")], limit: batch, offset: offset), in: tx)
            for row in rows {
                tag.add(row.id)
                tag.add(row.version)
                figures.add(row)
                let sum = money[row.currency.code]
                money[row.currency.code] = Money(
                    currency: row.currency, captured: (sum?.captured ?? 0) &+ row.captured,
                    refunded: (sum?.refunded ?? 0) &+ row.refunded)
            }
            (offset, isEnd) = (offset + rows.count, rows.count < batch)
        }
        figures.currencies = money.sorted { $0.key < $1.key }.map(\.value)
        figures.lastEventAt = try await side.rows.first(
            where: [], sort: [Sort("updatedAt", descending: true)], in: tx)?.updatedAt
        tag.add(figures.lastEventAt?.milliseconds ?? -1)
        return (figures, tag.tag)
    }

    private init(from: String, to: String) {
        self.from = from
        self.to = to
    }

    /// Rows come in the order of their days.
    private mutating func add(_ row: OrderTotals) {
        guard row.orders != 0 else { return }
        orders += row.orders
        paid += row.paid
        delivered += row.delivered
        statuses.merge(row.statuses, uniquingKeysWith: +)
        let known = days.last?.day == row.day ? days.removeLast().orders : 0
        days.append(Day(day: row.day, orders: known + row.orders))
    }
}
