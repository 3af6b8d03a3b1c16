import Contracts
import HTTP
import Kernel
import REST
import ServiceHost
import Storage

extension ReserveStock {
    static let mostLines = 100
    static let mostPieces: Int64 = 1_000_000
    /// The longest reservation in seconds: 30 days.
    static let longestExpiry: Int64 = 2_592_000

    /// Throws a 400 `Problem` that names every field that is wrong.
    func check() throws(Problem) {
        var errors = FieldErrors()
        errors.require(branchId > 0, "branchId", "must be greater than 0")
        errors.require((1...Self.mostLines).contains(items.count), "items", "must be 1 to \(Self.mostLines) lines")
        for (index, item) in items.prefix(Self.mostLines).enumerated() {
            errors.require(item.sauceId > 0, "items[\(index)].sauceId", "must be greater than 0")
            errors.require(
                (1...Self.mostPieces).contains(item.qty), "items[\(index)].qty", "must be from 1 to \(Self.mostPieces)"
            )
        }
        errors.require(
            expiresAfter.map { (1...Self.longestExpiry).contains($0) } ?? true, "expiresAfter",
            "must be from 1 to \(Self.longestExpiry) seconds")
        try errors.check()
    }

    /// Pieces by product.
    var quantities: [Int64: Int64] {
        Dictionary(items.map { ($0.sauceId, $0.qty) }, uniquingKeysWith: +)
    }
}

/// Handles `PUT` of a reservation: keeps stock for an order, all lines in one transaction, or none.
struct ReserveStockHandler: Sendable {
    enum Outcome: Sendable {
        case reserved(Reservation)
        /// An earlier request with the same content made the reservation, which is returned as it is now.
        case wasThere(Reservation)
        case outOfStock(String)
        /// The total differs from the one that the buyer saw.
        case priceChanged(String)
        /// The reservation was released before.
        case released(Reservation)
        /// The order has a reservation with other content.
        case differs
        /// The request cannot be priced, for example because of an unknown product or several currencies.
        case refused(String)
    }
    let context: ServiceEnvironment
    let products: Repository<Product>
    let stocks: Repository<Stock>
    let reservations: Repository<Reservation>
    let settings: ProductSettings

    func reserve(_ request: Request, _ command: ReserveStock) async throws -> Response {
        let id = try request.newIdentifier()
        try command.check()
        let outcome = try await context.transaction(onConflict: .retry) { tx in
            try await request.requireMatch(with: id, of: reservations, in: tx)
            return try await reserve(command, for: id, in: tx)
        }
        switch outcome {
        case .reserved(let reservation): return try reservation.answer(status: 201, to: request)
        case .wasThere(let reservation): return try reservation.answer(status: 200, to: request)
        case .outOfStock(let reason): throw Problem.outOfStock(reason)
        case .priceChanged(let reason):
            throw Problem(status: 409, title: "Price changed", detail: reason, type: ProductAPI.priceChanged)
        case .released: throw Problem.reservationReleased(id)
        case .differs:
            throw Problem(status: 422, detail: "There is a reservation of another content for the order \(id)")
        case .refused(let reason): throw Problem(status: 422, detail: reason)
        }
    }

    /// Reserves, or returns why not. Writes only if it reserves, so that the caller's transaction can go on in any
    /// case.
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
        // One statement inserts the reservation, or finds that there is one.
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

    /// Returns the outcome for a reservation that an earlier request made; `nil` if there is none.
    private func standing(
        _ orderId: String, _ request: ReserveStock, in tx: any Transaction
    ) async throws -> Outcome? {
        guard let known = try await reservations.find(orderId, in: tx) else { return nil }
        if known.status == .released { return .released(known) }
        return known.isFor(request) ? .wasThere(known) : .differs
    }
}
