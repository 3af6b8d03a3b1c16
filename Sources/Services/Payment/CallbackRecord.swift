import Kernel
import PaymentProviders
import Storage

/// A callback that the service has accepted. If it had an effect, its record is never deleted, because a provider may
/// repeat a callback after days.
struct CallbackRecord: Entity {
    /// The provider's name and its `callback_id`.
    let id: String
    var version: Int64 = 0
    private(set) var orderId: String
    let reference: String
    let refundReference: String?
    let idempotencyKey: String?
    let amount: Int64
    let currency: Currency
    let action: ProviderAction?
    let succeeded: Bool
    let reason: String?
    /// The dispute of a callback about a chargeback.
    let disputeId: String?
    let disputeStage: DisputeStage?
    let receivedAt: Timestamp
    /// `false` until there are a payment, and an attempt of it, to which the callback belongs.
    var isMatched = false
    /// The time at which matching is retried; `nil` if it is not retried.
    var retryAt: Timestamp?

    static let collection = Collection<CallbackRecord>(
        "callbacks",
        fields: [
            .text("orderId", indexed: true) { $0.orderId },
            .boolean("isMatched") { $0.isMatched },
            .time("receivedAt") { $0.receivedAt },
            .time("retryAt", indexed: true) { $0.retryAt },
        ])

    /// Makes the record of a callback; `nil` for a callback that does not concern payments, which is not stored.
    init?(_ callback: ProviderCallback, provider: String, at time: Timestamp) {
        id = provider + "|" + callback.id
        orderId = callback.orderId
        reference = callback.reference
        refundReference = callback.refundReference
        idempotencyKey = callback.idempotencyKey
        amount = callback.money.amount
        currency = callback.money.currency
        receivedAt = time
        switch callback.event {
        case .succeeded(let action):
            (self.action, succeeded, reason, disputeId, disputeStage) = (action, true, nil, nil, nil)
        case .refused(let action, let reason):
            (self.action, succeeded, self.reason, disputeId, disputeStage) = (action, false, reason, nil, nil)
        case .disputed(let id, let stage):
            (action, succeeded, reason, disputeId, disputeStage) = (nil, false, nil, id, stage)
        case .other: return nil
        }
    }

    /// Returns a copy that names the given order, after a person has decided to which order the callback belongs.
    func of(_ orderId: String) -> CallbackRecord {
        var record = self
        record.orderId = orderId
        return record
    }

    var provider: String { String(id.prefix { $0 != "|" }) }
    var money: Money { Money(amount, currency) }

    /// The movement that the callback reports; `nil` if the callback is about a dispute.
    var movement: ProviderMovement? {
        action.map { action in
            let isCharge = action == .charge || action == .authorise
            return ProviderMovement(
                action: action, money: money, orderId: orderId,
                reference: refundReference ?? (reference.isEmpty ? nil : reference),
                chargeReference: isCharge || reference.isEmpty ? nil : reference, idempotencyKey: idempotencyKey)
        }
    }
}
