import Kernel
import Storage

/// A callback that was taken: kept for ever, because a provider may repeat one after days.
struct CallbackRecord: Entity {
    /// The provider's name and its `callback_id`.
    let id: String
    var version: Int64 = 0
    let orderId: String
    let reference: String
    let receivedAt: Timestamp
    /// `false` when no payment was there for it yet.
    let isMatched: Bool

    static let collection = Collection<CallbackRecord>(
        "callbacks",
        fields: [
            .text("orderId", indexed: true) { $0.orderId },
            .boolean("isMatched") { $0.isMatched },
            .integer("receivedAt") { $0.receivedAt.milliseconds },
        ])
}
