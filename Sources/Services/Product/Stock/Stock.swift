public import Storage

/// The aggregate: the pieces of one product at one branch.
public struct Stock: Entity, Hashable {
    /// `{branchId}-{sauceId}`.
    public let id: String
    public var version: Int64 = 0
    public let branchId: Int64
    public let sauceId: Int64
    /// Pieces that are there. Never below `reserved`.
    public private(set) var onHand: Int64
    /// The pieces of these that are kept for orders. Never below 0.
    public private(set) var reserved: Int64

    /// The others: pieces that can be reserved or sold.
    public private(set) var available: Int64

    /// Nothing of it yet.
    public init(branchId: Int64, sauceId: Int64) {
        id = Self.id(branchId: branchId, sauceId: sauceId)
        self.branchId = branchId
        self.sauceId = sauceId
        onHand = 0
        reserved = 0
        available = 0
    }

    // Not indexed: each sale changes these rows, and there are few of them.
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

/// Moves pieces. Each movement tells whether it was possible; if it was not, nothing changed.
extension Stock {
    /// Takes `movement` of `qty` pieces.
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

    /// A delivery of goods (above 0), or a correction.
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

    /// Pieces, at most: far from where whole numbers end.
    public static let limit: Int64 = 1_000_000_000_000
}

/// Where a reservation's pieces go.
public enum StockMovement: Sendable, Hashable {
    /// Available ones are kept for an order.
    case reserve
    /// Kept ones become available.
    case release
    /// Kept ones leave.
    case sellReserved
    /// Available ones leave.
    case sell
    /// Sold ones come back.
    case takeBack
}
