public import Contracts
public import Kernel
public import Messaging
public import Storage

/// The aggregate: pieces that are kept for an order, or sold to it. Its events belong to that order's story.
public struct Reservation: Aggregate, Hashable {
    public typealias Status = StockReservation.Status

    /// The order's.
    public let id: String
    public var version: Int64 = 0
    public var recorded = RecordedEvents()
    /// The request that it was made for; `nil` if it was given up before it was made.
    public let request: ReserveStock?
    public internal(set) var status: Status
    /// Each product once, at the price of the moment; empty where there is no `request`.
    public let items: [OrderItem]
    public let currency: Currency?
    public let reservedAt: Timestamp
    /// When stock that was neither sold nor given up goes back.
    public let expiresAt: Timestamp

    public static let collection = Collection<Reservation>(
        "reservations",
        fields: [
            .integer("branchId") { $0.request?.branchId },
            .text("status") { $0.status.rawValue },
            .time("reservedAt") { $0.reservedAt },
            .time("dueAt", indexed: true) { $0.status == .reserved ? $0.expiresAt : nil },
        ])
}

extension Reservation {
    static func reserve(
        _ request: ReserveStock, items: [OrderItem], currency: Currency, orderId: String, at time: Timestamp,
        expiry: Duration
    ) -> Reservation {
        let expiry = request.expiresAfter.map { .seconds($0) } ?? expiry
        return Reservation(
            id: orderId, request: request, status: .reserved, items: items, currency: currency, reservedAt: time,
            expiresAt: time + expiry)
    }

    /// Given up before it was made: one that comes late finds this, and takes nothing.
    static func tombstone(orderId: String, at time: Timestamp) -> Reservation {
        Reservation(
            id: orderId, request: nil, status: .released, items: [], currency: nil, reservedAt: time, expiresAt: time)
    }

    /// Whether `request` asks for the same again: the order of lines, and how pieces of one product are spread over
    /// them, do not matter.
    func isFor(_ request: ReserveStock) -> Bool {
        guard let own = self.request else { return false }
        return own.branchId == request.branchId && own.expiresAfter == request.expiresAfter
            && own.quantities == request.quantities
    }

    /// The part that others may know; `nil` if it was never made.
    var summary: StockReservation? {
        guard let request, let currency else { return nil }
        return StockReservation(
            orderId: id, branchId: request.branchId, status: status, items: items, currency: currency)
    }
}
