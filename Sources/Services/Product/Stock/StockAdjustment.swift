public import Kernel
public import Storage

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
