import HTTP
import Idempotency
import Kernel
import REST
import ServiceHost
import Storage

/// The use case behind `POST /stocks/adjustments`: the stock, the record of it and the key in one transaction.
struct StockAdjusting: Sendable {
    static let belowReserved = "/problems/stock-below-reserved"

    let context: ServiceContext
    let products: Repository<Product>
    let stocks: Repository<Stock>
    let adjustments: Repository<StockAdjustment>
    let idempotency: IdempotencyStore
    let resource: RestResource<StockAdjustment>

    func adjust(_ request: Request, _ command: AdjustStock) async throws -> Response {
        try command.check()
        let key = try IdempotencyKey(request)
        let newId = context.identifiers.next("ADJ-")
        return try await context.database.transaction(tries: 5) { tx in
            guard let key else {
                return try answer(with: try await record(command, request, id: newId, in: tx), to: request)
            }
            let claim: IdempotencyClaim
            switch try await idempotency.begin(key, for: request, subject: newId, lease: .seconds(10), in: tx) {
            case .replay(let response): return response
            case .started(let started), .resumed(let started, subject: _): claim = started
            }
            let response = try answer(with: try await record(command, request, id: newId, in: tx), to: request)
            try await idempotency.complete(claim, with: response, in: tx)
            return response
        }
    }

    private func record(
        _ command: AdjustStock, _ request: Request, id: String, in tx: any Transaction
    ) async throws -> StockAdjustment {
        guard try await products.find(Product.id(sauceId: command.sauceId), in: tx) != nil else {
            throw Problem(
                status: 422, detail: "There is no sauce \(command.sauceId)",
                errors: [.init(field: "sauceId", message: "is no product")])
        }
        let known = try await stocks.find(Stock.id(branchId: command.branchId, sauceId: command.sauceId), in: tx)
        // The version is the stock's: the adjustment itself is new.
        try request.requireMatch(known)
        var stock = known ?? Stock(branchId: command.branchId, sauceId: command.sauceId)
        guard stock.adjust(by: command.change) else {
            throw Problem(
                status: 409, title: "Stock below what is reserved",
                detail:
                    "There are \(stock.onHand), of which \(stock.reserved) are reserved; at most \(Stock.limit) fit",
                type: Self.belowReserved, errors: [.init(field: "change", message: "leaves too few, or too many")])
        }
        if known != nil {
            try await stocks.update(stock, in: tx)
        } else if try await !stocks.insertIfAbsent(stock, in: tx) {
            throw StorageError.madeMeanwhile
        }
        return try await adjustments.insert(
            StockAdjustment(
                id: id, branchId: stock.branchId, sauceId: stock.sauceId, change: command.change,
                reason: command.reason, onHand: stock.onHand, reserved: stock.reserved, adjustedAt: context.loop.now),
            in: tx)
    }

    private func answer(with adjustment: StockAdjustment, to request: Request) throws -> Response {
        var response = try Response.json(
            resource.representation(of: adjustment, for: request), status: 201, contentType: HAL.contentType)
        response.headers.add("Location", resource.location(of: adjustment.id, for: request))
        response.headers.add("ETag", "\"\(adjustment.version)\"")
        return response
    }
}
