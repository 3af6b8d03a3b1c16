public import Storage

/// The aggregate of a stock: the pieces of one product at one branch.
public struct Stock: Entity, Hashable {
    /// `{branchId}-{sauceId}`.
    public let id: String
    public var version: Int64 = 0
    public let branchId: Int64
    public let sauceId: Int64
    /// Pieces in the branch, never less than `reserved`.
    public private(set) var onHand: Int64
    /// Pieces among them that are reserved for orders, never less than 0.
    public private(set) var reserved: Int64

    /// The remaining pieces, which can be reserved or sold.
    public private(set) var available: Int64

    /// Makes an empty stock.
    public init(branchId: Int64, sauceId: Int64) {
        id = Self.id(branchId: branchId, sauceId: sauceId)
        self.branchId = branchId
        self.sauceId = sauceId
        onHand = 0
        reserved = 0
        available = 0
    }

    // The fields are not indexed, because each sale changes these rows, and there are few rows.
    public static let collection = Collection<Stock>(
        "stocks",
        fields: [
            .integer("branchId") { $0.branchId },
            .integer("sauceId") { $0.sauceId },
            .integer("onHand") { $0.onHand },
            .integer("reserved") { $0.reserved },
            .integer("available") { $0.available },
        ])

    static func id(branchId: Int64, sauceId: Int64) -> String { "\(branchId)-\(sauceId)" }
}

/// Movements of pieces. Each method returns `false` and changes nothing if the movement is not possible.
extension Stock {
    /// Applies a movement of `qty` pieces.
    public mutating func apply(_ movement: StockMovement, _ qty: Int64) -> Bool {
        var next = self
        switch movement {
        case .reserve: next.reserved += qty
        case .release: next.reserved -= qty
        case .sellReserved:
            next.reserved -= qty
            next.onHand -= qty
        case .sell: next.onHand -= qty
        case .takeBack: next.onHand += qty
        }
        return qty > 0 && become(next)
    }

    /// Adds `change` pieces: a delivery of goods if it is above 0, or a correction.
    public mutating func adjust(by change: Int64) -> Bool {
        var next = self
        next.onHand += change
        return become(next)
    }

    private mutating func become(_ next: Stock) -> Bool {
        guard next.reserved >= 0, next.onHand >= next.reserved, next.onHand <= Self.limit else { return false }
        self = next
        available = onHand - reserved
        return true
    }

    /// The largest number of pieces of one stock. It is far below the range of `Int64`, so that sums cannot overflow.
    public static let limit: Int64 = 1_000_000_000_000
}

/// A movement of the pieces of a reservation.
public enum StockMovement: Sendable, Hashable {
    /// Available pieces become reserved.
    case reserve
    /// Reserved pieces become available.
    case release
    /// Reserved pieces leave the branch.
    case sellReserved
    /// Available pieces leave the branch.
    case sell
    /// Sold pieces come back.
    case takeBack
}
