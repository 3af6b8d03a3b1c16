import Kernel
import PaymentProviders
import Storage

/// A line of the simulated provider's own book: one thing that it was asked for, or did by itself, and how it ended.
/// Nothing of the shop reads it but the statement.
///
/// A refund, a capture, a failure or a stage of a dispute is a line of its own. What later lines did to a charge is
/// counted in its `captured`, `refunded`, `disputed` and `isVoided`. `status` changes once where a line was `pending`, or
/// where a declined payment is paid after all.
struct SimulatedCharge: Entity, Hashable {
    /// `CH-`, `AU-`, `CP-`, `VD-`, `RF-` by action; other dialects have their own names.
    let id: String
    var version: Int64 = 0
    let action: SimulatorAction
    let dialect: DialectName
    var orderId: String
    /// Minor units.
    var amount: Int64
    let currency: Currency
    var status: SimulatorCharge.Status
    var reason: String?
    /// The line that a capture, void or refund was asked about, as the caller named it.
    let chargeId: String?
    /// Unique: the provider keeps its promise about keys. Of a line that nobody asked for it is made up.
    var idempotencyKey: String
    /// Minor units taken, of a charge or an authorisation.
    var captured: Int64 = 0
    /// Minor units given back, of a charge or an authorisation; never more than `captured`.
    var refunded: Int64 = 0
    var isVoided = false
    /// Data that a dialect keeps for itself, for example the caller's metadata.
    var details: [String: String]
    /// When the line came to stand as it stands.
    var chargedAt: Timestamp

    // Optional, because books of earlier versions do not have them.
    /// When the line was written, if its end came later.
    var createdAt: Timestamp?
    /// The provider did it by itself: there is no key of a caller.
    var isUnasked: Bool?
    /// Minor units that the buyers' banks have taken back.
    var disputed: Int64?
    /// The reason why a refund that had been made did not arrive.
    var reversal: String?
    /// The refund that failed, or the dispute.
    var about: String?
    var stage: DisputeStage?
    /// The money was paid out to the shop: what Midtrans' status cycle turns on.
    var isSettled: Bool?

    static let collection = Collection<SimulatedCharge>(
        "charges",
        fields: [
            .text("idempotencyKey", unique: true) { $0.idempotencyKey },
            .text("orderId", indexed: true) { $0.orderId },
            .text("chargeId", indexed: true) { $0.chargeId },
            .text("action") { $0.action.rawValue },
            .text("status") { $0.status.rawValue },
            .text("dialect") { $0.dialect.rawValue },
            .integer("amount") { $0.amount },
            .time("chargedAt", indexed: true) { $0.chargedAt },
        ])

    /// Minor units of a charge that are neither refunded nor disputed.
    var left: Int64 { captured - refunded - (disputed ?? 0) }

    /// The line as the simulator's own callers see it. A refund that failed after it had been made is refused for them.
    func message(status: SimulatorCharge.Status? = nil) -> SimulatorCharge {
        SimulatorCharge(
            id: id, action: action, orderId: orderId, amount: amount, currency: currency,
            status: status ?? (reversal == nil ? self.status : .refused), reason: reversal ?? reason,
            chargeId: chargeId, idempotencyKey: isUnasked == true ? nil : idempotencyKey, about: about, stage: stage,
            movedAt: chargedAt)
    }

    /// As a provider shows it that mixes up amounts.
    var withWrongAmount: SimulatedCharge {
        var wrong = self
        wrong.amount += 100
        if captured > 0 { wrong.captured += 100 }
        return wrong
    }

    /// As a provider shows it that mixes up orders, in whichever dialect.
    var ofAnotherOrder: SimulatedCharge {
        var wrong = self
        wrong.orderId = "OTHER-" + orderId
        for name in [Self.metadataPrefix + "order_id", "custom_field1"] where details[name] != nil {
            wrong.details[name] = wrong.orderId
        }
        return wrong
    }
}

/// The interfaces through which the book is written: the simulator's own, and those of real providers.
enum DialectName: String, Codable, Sendable, CaseIterable {
    case simulator, stripe, midtrans
}
