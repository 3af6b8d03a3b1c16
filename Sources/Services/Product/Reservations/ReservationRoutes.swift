import Contracts
import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// The routes by which cart and order reserve, sell and release stock.
struct ReservationRoutes: Sendable {
    /// The answer to a release.
    struct Released: Codable, Sendable, Hashable {
        let orderId: String
        let status: StockReservation.Status
    }
    private static let itemPath = ProductAPI.reservation(orderId: "{id}")

    let context: ServiceEnvironment
    let reserving: Reserving
    let steps: ReservationSteps

    var routes: [Route] {
        [
            .put(
                Self.itemPath, summary: "Keeps stock for an order: all lines, or none", body: ReserveStock.self,
                answers: StockReservation.self, statuses: [200, 201, 409, 422]
            ) { try await reserve($0, $1) },
            .post(
                ProductAPI.commit(orderId: "{id}"), summary: "Sells what was reserved",
                answers: StockReservation.self, statuses: [200, 404, 409]
            ) { try await commit($0) },
            .post(
                ProductAPI.release(orderId: "{id}"), summary: "Gives back what was reserved, or sold",
                answers: Released.self
            ) { try await release($0) },
        ]
    }

    private func reserve(_ request: Request, _ command: ReserveStock) async throws -> Response {
        let id = try request.newIdentifier()
        try command.check()
        let outcome = try await context.transaction(onConflict: .retry) { tx in
            try await request.requireMatch(with: id, of: reserving.reservations, in: tx)
            return try await reserving.reserve(command, for: id, in: tx)
        }
        switch outcome {
        case .reserved(let reservation): return try answer(reservation, status: 201, to: request)
        case .wasThere(let reservation): return try answer(reservation, status: 200, to: request)
        case .outOfStock(let reason): throw Self.outOfStock(reason)
        case .priceChanged(let reason):
            throw Problem(status: 409, title: "Price changed", detail: reason, type: ProductAPI.priceChanged)
        case .released: throw Self.released(id)
        case .differs:
            throw Problem(status: 422, detail: "There is a reservation of another content for the order \(id)")
        case .refused(let reason): throw Problem(status: 422, detail: reason)
        }
    }

    private func commit(_ request: Request) async throws -> Response {
        let id: String = try request.parameter("id")
        let outcome = try await context.transaction(onConflict: .retry) { tx in
            try await request.requireMatch(with: id, of: steps.reservations, in: tx)
            return try await steps.commit(id, in: tx)
        }
        switch outcome {
        case .committed(let reservation): return try answer(reservation, status: 200, to: request)
        case .outOfStock: throw Self.outOfStock("the reservation had expired, and its stock is gone")
        case .released: throw Self.released(id)
        case nil: throw Problem.notFound("the reservation of order \(id)")
        }
    }

    private func release(_ request: Request) async throws -> Response {
        let id = try request.newIdentifier()
        _ = try await context.transaction(onConflict: .retry) { tx in
            try await request.requireMatch(with: id, of: steps.reservations, in: tx)
            return try await steps.release(id, orTombstone: true, in: tx)
        }
        return try .json(Released(orderId: id, status: .released))
    }

    private func answer(_ reservation: Reservation, status: Int, to request: Request) throws -> Response {
        guard let summary = reservation.summary else { throw Self.released(reservation.id) }
        var response = try Response.json(summary, status: status)
        if status == 201 {
            response.headers.add("Location", request.baseURL + ProductAPI.reservation(orderId: reservation.id))
        }
        return response.tagged(reservation.version)
    }

    private static func outOfStock(_ reason: String) -> Problem {
        Problem(status: 409, title: "Out of stock", detail: reason, type: ProductAPI.outOfStock)
    }

    private static func released(_ id: String) -> Problem {
        Problem(
            status: 409, title: "Reservation released", detail: "The reservation of order \(id) was given up",
            type: ProductAPI.reservationReleased)
    }
}
