import Kernel
import PaymentProviders
import Storage

/// A line of the simulated provider's own book: one thing that it was asked for and how it ended. Nothing of the shop
/// reads it but the statement.
///
/// `status` is settled when the line is written and never changes: a refund or a capture is a line of its own. What
/// later lines did to a charge is counted in its `captured`, `refunded` and `isVoided`.
struct SimulatedCharge: Entity, Hashable {
    /// `CH-`, `AU-`, `CP-`, `VD-`, `RF-` by action; other dialects have their own names.
    let id: String
    var version: Int64 = 0
    let action: SimulatorAction
    let dialect: DialectName
    let orderId: String
    /// Minor units.
    let amount: Int64
    let currency: Currency
    let status: SimulatorCharge.Status
    let reason: String?
    /// The line that a capture, void or refund was asked about, as the caller named it.
    let chargeId: String?
    /// Unique: the provider keeps its promise about keys.
    let idempotencyKey: String
    /// Minor units taken, of a charge or an authorisation.
    var captured: Int64 = 0
    /// Minor units given back, of a charge or an authorisation; never more than `captured`.
    var refunded: Int64 = 0
    var isVoided = false
    /// What a dialect keeps for itself, for example the caller's metadata.
    let details: [String: String]
    let chargedAt: Timestamp

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

    /// The line as the simulator's own callers see it.
    func message(status: SimulatorCharge.Status? = nil) -> SimulatorCharge {
        SimulatorCharge(
            id: id, action: action, orderId: orderId, amount: amount, currency: currency,
            status: status ?? self.status, reason: reason, chargeId: chargeId, idempotencyKey: idempotencyKey)
    }
}

/// The interfaces through which the book is written: the simulator's own, and those of real providers.
enum DialectName: String, Codable, Sendable, CaseIterable {
    case simulator, stripe, midtrans
}
