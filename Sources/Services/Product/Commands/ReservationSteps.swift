import Contracts
import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// Commits, releases and expires reservations, each together with its stock in one transaction: for requests of cart and
/// order, for the policies of choreographed checkouts, and when their time is over.
struct ReservationSteps: Sendable {
    enum Commitment: Sendable {
        /// Committed now or before.
        case committed(Reservation)
        /// The reservation had expired, and its stock is gone.
        case outOfStock(Reservation)
        case released(Reservation)
    }
    /// The answer to a release.
    struct Released: Codable, Sendable, Hashable {
        let orderId: String
        let status: StockReservation.Status
    }
    let context: ServiceEnvironment
    let stocks: Repository<Stock>
    let reservations: Repository<Reservation>

    func commit(_ request: Request) async throws -> Response {
        let id: String = try request.parameter("id")
        let outcome = try await context.transaction(onConflict: .retry) { tx in
            try await request.requireMatch(with: id, of: reservations, in: tx)
            return try await commit(id, in: tx)
        }
        switch outcome {
        case .committed(let reservation): return try reservation.answer(status: 200, to: request)
        case .outOfStock: throw Problem.outOfStock("the reservation had expired, and its stock is gone")
        case .released: throw Problem.reservationReleased(id)
        case nil: throw Problem.notFound("the reservation of order \(id)")
        }
    }

    /// Commits a reservation; `nil` if there is none. Writes only if it commits.
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

    func release(_ request: Request) async throws -> Response {
        let id = try request.newIdentifier()
        _ = try await context.transaction(onConflict: .retry) { tx in
            try await request.requireMatch(with: id, of: reservations, in: tx)
            return try await release(id, orTombstone: true, in: tx)
        }
        return try .json(Released(orderId: id, status: .released))
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

    /// Releases the stock of reservations that were not paid in time.
    func expiry(every interval: Duration) -> Job<Reservation> {
        // Few at once, because reservations of one product conflict at its stock.
        Job(
            "expire reservations", in: reservations, context, JobPlan(due: "dueAt", every: interval, atOnce: 4)
        ) { due in
            try await context.transaction(onConflict: .retry) { tx in try await expire(due.id, in: tx) }
        }
    }

    /// Expires the reservation if its time is over and it was neither committed nor released.
    func expire(_ orderId: String, in tx: any Transaction) async throws {
        guard let reservation = try await reservations.find(orderId, in: tx),
            case .to(let status, let movement) = reservation.expiry(at: context.loop.now)
        else { return }
        guard try await take(reservation, to: status, movement, in: tx) != nil else { throw BrokenStock(reservation) }
    }

    /// Changes the status and moves the stock. Returns `nil` and writes nothing if the stock of a line does not allow
    /// it.
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

    /// The stock does not match the reservation. Nothing is changed; a person has to examine it.
    struct BrokenStock: Error, CustomStringConvertible {
        let description: String

        init(_ reservation: Reservation) {
            description = "the stock of reservation \(reservation.id) (\(reservation.status.rawValue)) does not fit it"
        }
    }
}

extension StorageError {
    /// The conflict with a concurrent insert; the next run of the transaction finds the record.
    static var madeMeanwhile: StorageError { StorageError(.versionConflict, "it was made at the same time") }
}

extension Reservation {
    /// Answers with the public part and its version; 409 for a tombstone, which has none.
    func answer(status: Int, to request: Request) throws -> Response {
        guard let summary else { throw Problem.reservationReleased(id) }
        var response = try Response.json(summary, status: status)
        if status == 201 { response.headers.add("Location", request.baseURL + ProductAPI.reservation(orderId: id)) }
        return response.tagged(version)
    }
}

extension Problem {
    static func outOfStock(_ reason: String) -> Problem {
        Problem(status: 409, title: "Out of stock", detail: reason, type: ProductAPI.outOfStock)
    }

    static func reservationReleased(_ id: String) -> Problem {
        Problem(
            status: 409, title: "Reservation released", detail: "The reservation of order \(id) was given up",
            type: ProductAPI.reservationReleased)
    }
}
