import Kernel
public import Storage

/// The part of one order in `OrderTotals`, kept beside its row: whoever counts the order again takes out exactly this
/// part first, so that no order is counted twice, also if an earlier version of the program has stored its row since.
public struct OrderCount: Entity, Hashable {
    /// The order's identifier.
    public let id: String
    public var version: Int64 = 0
    /// The part that the totals contain; `nil` if they contain none.
    var counted: Part?
    /// Since when the row has changes that the totals may lack.
    var pendingSince: Timestamp?

    public static let collection = Collection<OrderCount>(
        "orderCounts", fields: [.time("pendingSince", indexed: true) { $0.pendingSince }])

    init(orderId: String, counted: Part? = nil, pendingSince: Timestamp? = nil) {
        id = orderId
        self.counted = counted
        self.pendingSince = pendingSince
    }

    struct Part: Codable, Sendable, Hashable {
        /// The day (UTC) on which the order was placed.
        let day: String
        let currency: Currency
        let status: String
        let isPaid: Bool
        let isDelivered: Bool
        /// Minor units.
        let captured: Int64
        let refunded: Int64

        /// Makes the part of a row; `nil` as long as it is not known when the order was placed. `counted` is the part
        /// that was counted before: it still knows what was captured if an earlier version of the program, which does
        /// not, has stored the row. An order that only such a version has heard of counts with its amount.
        init?(_ row: OrderDashboard, after counted: Part?) {
            guard let placedAt = row.placedAt, let currency = row.currency else { return nil }
            day = OrderTotals.day(of: placedAt)
            self.currency = currency
            status = row.status.rawValue
            isPaid = row.isPaid
            isDelivered = row.deliveredAt != nil
            let earlier = counted.flatMap { $0.isPaid ? $0.captured : nil }
            captured = row.capturedAmount ?? (row.isPaid ? earlier ?? row.amount ?? 0 : 0)
            refunded = row.refundedAmount ?? 0
        }
    }
}
