import Kernel
import PaymentProviders
import Storage

/// A callback that was taken: kept for ever, because a provider may repeat one after days.
struct CallbackRecord: Entity {
    /// The provider's name and its `callback_id`.
    let id: String
    var version: Int64 = 0
    let orderId: String
    let reference: String
    let refundReference: String?
    let idempotencyKey: String?
    let amount: Int64
    let currency: Currency
    let action: ProviderAction?
    let succeeded: Bool
    let reason: String?
    let receivedAt: Timestamp
    /// `false` while no payment, or no attempt of it, is there for it.
    var isMatched = false

    static let collection = Collection<CallbackRecord>(
        "callbacks",
        fields: [
            .text("orderId", indexed: true) { $0.orderId },
            .boolean("isMatched") { $0.isMatched },
            .time("receivedAt") { $0.receivedAt },
        ])

    init(_ callback: ProviderCallback, provider: String, at time: Timestamp) {
        id = provider + "|" + callback.id
        orderId = callback.orderId
        reference = callback.reference
        refundReference = callback.refundReference
        idempotencyKey = callback.idempotencyKey
        amount = callback.money.amount
        currency = callback.money.currency
        receivedAt = time
        switch callback.event {
        case .succeeded(let action): (self.action, succeeded, reason) = (action, true, nil)
        case .refused(let action, let reason): (self.action, succeeded, self.reason) = (action, false, reason)
        case .disputed(_, let stage): (action, succeeded, reason) = (nil, false, "dispute " + stage.rawValue)
        case .other(let type): (action, succeeded, reason) = (nil, false, type)
        }
    }

    /// Of a whole payment, not of a step on one.
    var tellsOfTakenMoney: Bool { succeeded && (action == .charge || action == .authorise) }

    var provider: String { String(id.prefix { $0 != "|" }) }

    /// Which attempt of the payment it speaks of: by the key where it has one, else by the provider's own name.
    func attempt(of payment: Payment) -> PaymentAttempt? {
        let candidates = payment.attempts.filter { $0.action == action && $0.amount == amount }
        guard payment.currency == currency else { return nil }
        if let idempotencyKey { return candidates.first { $0.idempotencyKey == idempotencyKey } }
        if let refundReference, let known = candidates.first(where: { $0.reference == refundReference }) {
            return known
        }
        return candidates.first(where: \.isOpen) ?? candidates.last
    }

    var news: AttemptNews {
        succeeded
            ? .succeeded(reference: refundReference ?? reference)
            : .refused(reason: reason ?? "refused by the provider")
    }
}
