import Contracts
import HTTP
import Messaging
import ServiceHost
import Storage

/// Product's part in checkouts that nobody leads: it acts on the events of the others, and tells what came of it.
struct ChoreographedCheckout: Sendable {
    let context: ServiceEnvironment
    let reserving: Reserving
    let steps: ReservationSteps

    func requested(_ checkout: CheckoutRequested, in tx: any Transaction) async throws {
        let request = ReserveStock(
            branchId: checkout.branchId, items: checkout.items, total: checkout.total, currency: checkout.currency)
        do {
            try request.check()
        } catch {
            return try await reject(checkout, error.detail ?? error.title, in: tx)
        }
        switch try await reserving.reserve(request, for: checkout.orderId, in: tx) {
        case .reserved(var reservation), .wasThere(var reservation):
            guard let currency = reservation.currency else { return }
            reservation.record(StockReserved(checkout: checkout, items: reservation.items, currency: currency))
            try await context.publish(recordedBy: reservation, in: tx)
        case .outOfStock(let reason): try await reject(checkout, reason, isOutOfStock: true, in: tx)
        case .priceChanged(let reason): try await reject(checkout, reason, isPriceChange: true, in: tx)
        case .refused(let reason): try await reject(checkout, reason, in: tx)
        case .released(let reservation):
            try await reject(checkout, "the order was given up", after: reservation, in: tx)
        case .differs: try await reject(checkout, "the order has another reservation already", in: tx)
        }
    }

    func paid(_ paid: OrderPaid, in tx: any Transaction) async throws {
        guard paid.order.checkout == .choreographed else { return }
        let orderId = paid.order.orderId
        let lost: Reservation?
        switch try await steps.commit(orderId, in: tx) {
        case .committed(var reservation):
            reservation.record(StockSold(orderId: orderId))
            return try await context.publish(recordedBy: reservation, in: tx)
        // Given up counts as gone: a payment that had failed came through after all, and the stock may be another's.
        case .outOfStock(let reservation), .released(let reservation): lost = reservation
        case nil: lost = nil
        }
        try await context.publish(
            StockLost(orderId: orderId), about: orderId, version: (lost?.version ?? 0) + 1, in: tx)
    }

    func givenUp(_ order: OrderSummary, in tx: any Transaction) async throws {
        guard order.checkout == .choreographed else { return }
        _ = try await steps.release(order.orderId, orTombstone: true, in: tx)
    }

    func addressRejected(_ rejection: AddressRejected, in tx: any Transaction) async throws {
        _ = try await steps.release(rejection.orderId, orTombstone: false, in: tx)
    }

    private func reject(
        _ checkout: CheckoutRequested, _ reason: String, isOutOfStock: Bool = false, isPriceChange: Bool = false,
        after known: Reservation? = nil, in tx: any Transaction
    ) async throws {
        let rejection = StockRejected(
            orderId: checkout.orderId, reason: reason, isOutOfStock: isOutOfStock,
            isPriceChange: isPriceChange ? true : nil)
        guard var known else { return try await context.publish(rejection, about: checkout.orderId, in: tx) }
        known.record(rejection)
        try await context.publish(recordedBy: known, in: tx)
    }
}
