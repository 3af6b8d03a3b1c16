import Contracts
import Kernel
import ServiceHost
import Storage

/// Keeps stock for orders: all lines of a reservation in one transaction, or none.
struct Reserving: Sendable {
    enum Outcome: Sendable {
        case reserved(Reservation)
        /// By an earlier request of the same content; as it is now.
        case wasThere(Reservation)
        case outOfStock(String)
        /// It comes to something else than the buyer saw.
        case priceChanged(String)
        /// It was given up before.
        case released(Reservation)
        /// There is one of other content.
        case differs
        /// An unknown product, several currencies.
        case refused(String)
    }
    let context: ServiceEnvironment
    let products: Repository<Product>
    let stocks: Repository<Stock>
    let reservations: Repository<Reservation>
    let settings: ProductSettings

    /// Writes nothing but where it reserves: the caller's transaction can go on whatever comes out.
    func reserve(_ request: ReserveStock, for orderId: String, in tx: any Transaction) async throws -> Outcome {
        let priced: PricedItems
        do {
            priced = try PricedItems(request, at: try await products(of: request, in: tx))
        } catch let refusal as PricedItems.Refusal {
            return try await standing(orderId, request, in: tx) ?? .refused(refusal.reason)
        }
        if let reason = priced.change(from: request) {
            return try await standing(orderId, request, in: tx) ?? .priceChanged(reason)
        }
        var taken: [Stock] = []
        for item in priced.items {
            var stock = try await stocks.find(Stock.id(branchId: request.branchId, sauceId: item.sauceId), in: tx)
            guard stock?.apply(.reserve, item.qty) == true, let stock else {
                let reason = "there are only \(stock?.available ?? 0) of \(item.name ?? "\(item.sauceId)")"
                return try await standing(orderId, request, in: tx) ?? .outOfStock(reason)
            }
            taken.append(stock)
        }
        var reservation = Reservation.reserve(
            request, items: priced.items, currency: priced.currency, orderId: orderId, at: context.loop.now,
            expiry: settings.reservationExpiry)
        // One statement tells whether it is new, and makes it.
        guard try await reservations.insertIfAbsent(reservation, in: tx) else {
            guard let standing = try await standing(orderId, request, in: tx) else { throw StorageError.madeMeanwhile }
            return standing
        }
        for stock in taken { try await stocks.update(stock, in: tx) }
        reservation.version = 1
        return .reserved(reservation)
    }

    private func products(of request: ReserveStock, in tx: any Transaction) async throws -> [Int64: Product] {
        var found: [Int64: Product] = [:]
        for sauceId in request.quantities.keys.sorted() {
            found[sauceId] = try await products.find(Product.id(sauceId: sauceId), in: tx)
        }
        return found
    }

    /// Returns the outcome that an earlier request with that id left.
    private func standing(
        _ orderId: String, _ request: ReserveStock, in tx: any Transaction
    ) async throws -> Outcome? {
        guard let known = try await reservations.find(orderId, in: tx) else { return nil }
        if known.status == .released { return .released(known) }
        return known.isFor(request) ? .wasThere(known) : .differs
    }
}
