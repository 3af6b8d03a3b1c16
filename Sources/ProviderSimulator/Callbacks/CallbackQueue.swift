import FoundationEssentials
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Callbacks are queued in the transaction that writes the line they tell of.
struct CallbackQueue: Sendable {
    let callbacks: Repository<PendingCallback>
    let dialects: CallbackDialects
    let injector: FaultInjector
    let identifiers: IdentifierGenerator
    let loop: any Loop
    let reorderWindow: Duration
    let trigger: JobTrigger<PendingCallback>

    /// The faults of an action's callback: decided outside of the transaction, which may run
    /// more than once.
    struct Fate: Sendable {
        let faults: Faults
        let isHeld: Bool
    }

    func fate(of action: SimulatorAction) -> Fate {
        Fate(faults: injector.faults, isHeld: injector.happens(.reorderedCallbacks, to: action))
    }

    func add(_ entry: BookEntry, fate: Fate, in tx: any Transaction) async throws {
        let action = entry.line.action
        let isConcerned = fate.faults.concern(action)
        guard !entry.isReplay, !(fate.faults.callbacksOff && isConcerned),
            let dialect = dialects[entry.line.dialect], dialect.target != nil
        else { return }
        let now = loop.now
        let delay = isConcerned ? fate.faults.callbackDelay : .zero
        let id = identifiers.next(dialect.identifierPrefix)
        let bodies = try dialect.bodies(about: entry, ids: [id, id + "B"], at: now)
        for (body, id) in zip(bodies, [id, id + "B"]) {
            try await callbacks.insert(
                PendingCallback(
                    id: id, dialect: entry.line.dialect, action: action, orderId: entry.line.orderId,
                    body: String(decoding: body, as: UTF8.self),
                    dueAt: now + delay + (fate.isHeld ? reorderWindow : .zero), isHeld: fate.isHeld,
                    remaining: isConcerned ? fate.faults.callbackDeliveries : 1),
                in: tx)
        }
        trigger.wake(after: tx)
    }
}

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
