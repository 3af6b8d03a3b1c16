public import Kernel
public import Storage

/// A delivery of goods or a correction, as it was recorded: with what is sold, the adjustments add up to what is there.
public struct StockAdjustment: Entity, Hashable {
    public let id: String
    public var version: Int64 = 0
    public let branchId: Int64
    public let sauceId: Int64
    /// Pieces, not 0.
    public let change: Int64
    public let reason: String
    /// The stock afterwards, in pieces.
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
