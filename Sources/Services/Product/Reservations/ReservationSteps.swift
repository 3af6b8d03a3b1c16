import Contracts
import Kernel
import ServiceHost
import Storage

/// Sells, gives back and expires what was reserved: the reservation and its stock in one transaction.
struct ReservationSteps: Sendable {
    enum Commitment: Sendable {
        /// Now, or before.
        case committed(Reservation)
        /// It had expired, and its stock is gone.
        case outOfStock(Reservation)
        case released(Reservation)
    }
    let context: ServiceEnvironment
    let stocks: Repository<Stock>
    let reservations: Repository<Reservation>

    /// `nil` if there is no such reservation. Writes nothing but where it commits.
    func commit(_ orderId: String, in tx: any Transaction) async throws -> Commitment? {
        guard let reservation = try await reservations.find(orderId, in: tx) else { return nil }
        switch reservation.commitment {
        case .nothing: return .committed(reservation)
        case .refused: return .released(reservation)
        case .to(let status, let movement):
            guard let committed = try await take(reservation, to: status, movement, in: tx) else {
                return .outOfStock(reservation)
            }
            return .committed(committed)
        }
    }

    /// Releases a reservation. If there is none, `orTombstone` leaves a tombstone that keeps it from being made later;
    /// without it, returns `nil`.
    func release(_ orderId: String, orTombstone: Bool, in tx: any Transaction) async throws -> Reservation? {
        guard let reservation = try await reservations.find(orderId, in: tx) else {
            guard orTombstone else { return nil }
            let tombstone = Reservation.tombstone(orderId: orderId, at: context.loop.now)
            guard try await reservations.insertIfAbsent(tombstone, in: tx) else { throw StorageError.madeMeanwhile }
            return tombstone
        }
        guard case .to(let status, let movement) = reservation.release else { return reservation }
        guard let released = try await take(reservation, to: status, movement, in: tx) else {
            throw BrokenStock(reservation)
        }
        return released
    }

    /// Expires the reservation if its time is over and nothing else came of it.
    func expire(_ orderId: String, in tx: any Transaction) async throws {
        guard let reservation = try await reservations.find(orderId, in: tx),
            case .to(let status, let movement) = reservation.expiry(at: context.loop.now)
        else { return }
        guard try await take(reservation, to: status, movement, in: tx) != nil else { throw BrokenStock(reservation) }
    }

    /// `nil`, and nothing written, if a line's stock does not allow it.
    private func take(
        _ reservation: Reservation, to status: Reservation.Status, _ movement: StockMovement?, in tx: any Transaction
    ) async throws -> Reservation? {
        if let movement, let branchId = reservation.request?.branchId {
            var moved: [Stock] = []
            for item in reservation.items {
                let id = Stock.id(branchId: branchId, sauceId: item.sauceId)
                guard var stock = try await stocks.find(id, in: tx), stock.apply(movement, item.qty) else { return nil }
                moved.append(stock)
            }
            for stock in moved { try await stocks.update(stock, in: tx) }
        }
        var next = reservation
        next.status = status
        return try await reservations.update(next, in: tx)
    }

    /// The stock does not hold what the reservation says it holds: it is left as it is, and somebody has to look.
    struct BrokenStock: Error, CustomStringConvertible {
        let description: String

        init(_ reservation: Reservation) {
            description = "the stock of reservation \(reservation.id) (\(reservation.status.rawValue)) does not fit it"
        }
    }
}

extension StorageError {
    /// Somebody made what was not there a moment ago: begun anew, the transaction finds it.
    static var madeMeanwhile: StorageError { StorageError(.versionConflict, "it was made at the same time") }
}
