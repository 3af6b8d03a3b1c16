import Kernel
import Storage

/// A callback that is still to be delivered; survives the provider's restart.
struct PendingCallback: Entity, Hashable {
    /// The `webhook-id`: the same for every repetition.
    let id: String
    var version: Int64 = 0
    let chargeId: String
    var dueAt: Timestamp
    /// Deliveries that still have to succeed.
    var remaining: Int
    var tries = 0

    static let collection = Collection<PendingCallback>(
        "pendingCallbacks", fields: [.time("dueAt", indexed: true) { $0.dueAt }])
}
