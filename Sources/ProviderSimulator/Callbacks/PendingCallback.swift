import Kernel
import PaymentProviders
import Storage

/// A callback that is still to be delivered; survives the provider's restart.
struct PendingCallback: Entity, Hashable {
    /// The provider's name for it: the same for every repetition.
    let id: String
    var version: Int64 = 0
    let dialect: DialectName
    let action: SimulatorAction
    let orderId: String
    /// As it stood when the callback was made: JSON.
    let body: String
    var dueAt: Timestamp
    /// Waits for a later callback of the same order to overtake it, until `dueAt` at the latest.
    var isHeld: Bool
    /// Deliveries that still have to succeed.
    var remaining: Int
    var tries = 0

    static let collection = Collection<PendingCallback>(
        "pendingCallbacks",
        fields: [
            .time("dueAt", indexed: true) { $0.dueAt },
            .text("heldFor", indexed: true) { $0.isHeld ? $0.orderId : nil },
        ])
}
