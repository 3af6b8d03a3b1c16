import HTTP
public import Kernel
import REST
import ServiceHost
public import Storage

/// The body of `POST /stocks/adjustments`.
struct AdjustStock: Codable, Sendable, Hashable {
    let branchId: Int64
    let sauceId: Int64
    /// Pieces: above 0 for a delivery of goods, below for a loss.
    let change: Int64
    let reason: String

    /// Throws a 400 `Problem` that names every field that is wrong.
    func check() throws(Problem) {
        var errors = FieldErrors()
        errors.require(branchId > 0, "branchId", "must be greater than 0")
        errors.require(sauceId > 0, "sauceId", "must be greater than 0")
        errors.require(
            change != 0 && (-Self.limit...Self.limit).contains(change), "change",
            "must be from -\(Self.limit) to \(Self.limit), and not 0")
        errors.require(reason, "reason", length: 1...500)
        try errors.check()
    }

    private static let limit: Int64 = 1_000_000_000
}

/// Adjusts a stock and records the adjustment, in one transaction with the key.
struct AdjustStockHandler: Sendable {
    static let belowReserved = "/problems/stock-below-reserved"

    let context: ServiceEnvironment
    let products: Repository<Product>
    let stocks: Repository<Stock>
    let adjustments: Repository<StockAdjustment>
    let resource: RestResource<StockAdjustment>

    func adjust(_ command: AdjustStock, _ call: CommandCall) async throws -> Response {
        guard call.request.scope.includes(branch: command.branchId) else {
            throw Problem.notFound("branch \(command.branchId)")
        }
        try command.check()
        return try await call.once(subject: context.identifiers.next("ADJ-"), onConflict: .retry) { attempt, tx in
            let adjustment = try await record(command, call.request, id: attempt.subject, in: tx)
            return try resource.answer(with: adjustment, status: 201, to: call.request)
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
}

/// A recorded delivery of goods or correction. The stock is the sum of all adjustments less the pieces sold.
public struct StockAdjustment: Entity, Hashable {
    public let id: String
    public var version: Int64 = 0
    public let branchId: Int64
    public let sauceId: Int64
    /// The change in pieces; not 0.
    public let change: Int64
    public let reason: String
    /// The stock after the adjustment, in pieces.
    public let onHand: Int64
    public let reserved: Int64
    public let adjustedAt: Timestamp

    public static let collection = Collection<StockAdjustment>(
        "stockAdjustments",
        fields: [
            .integer("branchId") { $0.branchId },
            .integer("sauceId", indexed: true) { $0.sauceId },
            .time("adjustedAt") { $0.adjustedAt },
        ])
}
