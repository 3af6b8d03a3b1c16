public import Contracts
public import Kernel
public import Messaging
public import Storage

/// The aggregate of a reservation: pieces that are reserved for an order or sold to it.
public struct Reservation: Aggregate, Hashable {
    public typealias Status = StockReservation.Status

    /// The order's identifier.
    public let id: String
    public var version: Int64 = 0
    public var recorded = RecordedEvents()
    /// The request of the reservation; `nil` for a tombstone.
    public let request: ReserveStock?
    public internal(set) var status: Status
    /// Each product once, at the price of the moment; empty where there is no `request`.
    public let items: [OrderItem]
    public let currency: Currency?
    public let reservedAt: Timestamp
    /// The time at which stock that was neither sold nor released becomes available again.
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

    /// Makes a tombstone for an order that was cancelled before its reservation, so that a late request reserves
    /// nothing.
    static func tombstone(orderId: String, at time: Timestamp) -> Reservation {
        Reservation(
            id: orderId, request: nil, status: .released, items: [], currency: nil, reservedAt: time, expiresAt: time)
    }

    /// Returns whether `request` has the same content. The order of lines, and the distribution of a product over
    /// several lines, do not matter.
    func isFor(_ request: ReserveStock) -> Bool {
        guard let own = self.request else { return false }
        return own.branchId == request.branchId && own.expiresAfter == request.expiresAfter
            && own.quantities == request.quantities
    }

    /// The public part of the reservation; `nil` for a tombstone.
    var summary: StockReservation? {
        guard let request, let currency else { return nil }
        return StockReservation(
            orderId: id, branchId: request.branchId, status: status, items: items, currency: currency)
    }
}

/// The state machine of a reservation. Each step names the movement of its stock; if the stock does not allow the
/// movement, the step is not taken.
extension Reservation {
    public enum Step: Sendable, Hashable {
        /// The step was taken before, or has no effect.
        case nothing
        case to(Status, moving: StockMovement?)
        /// The reservation was released and cannot be committed.
        case refused
    }

    /// The step after the payment of the order.
    public var commitment: Step {
        switch status {
        case .reserved: .to(.committed, moving: .sellReserved)
        case .expired: .to(.committed, moving: .sell)
        case .committed: .nothing
        case .released: .refused
        }
    }

    /// The step after the cancellation of the order, or the return of its goods.
    public var release: Step {
        switch status {
        case .reserved: .to(.released, moving: .release)
        case .committed: .to(.released, moving: .takeBack)
        case .expired: .to(.released, moving: nil)
        case .released: .nothing
        }
    }

    /// The step at the end of the reservation's time.
    public func expiry(at time: Timestamp) -> Step {
        status == .reserved && expiresAt <= time ? .to(.expired, moving: .release) : .nothing
    }
}
