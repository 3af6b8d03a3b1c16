import Kernel
import PaymentProviders
import Storage

/// A charge as the simulated provider keeps it. Its own book: nothing of the shop reads it but the statement.
struct SimulatedCharge: Entity, Hashable {
    let id: String
    var version: Int64 = 0
    let orderId: String
    /// Minor units.
    let amount: Int64
    let currency: Currency
    /// Unique: the provider keeps its promise about keys.
    let idempotencyKey: String
    let status: SimulatorCharge.Status
    let reason: String?
    let chargedAt: Timestamp

    static let collection = Collection<SimulatedCharge>(
        "charges",
        fields: [
            .text("idempotencyKey", unique: true) { $0.idempotencyKey },
            .text("orderId", indexed: true) { $0.orderId },
            .text("status") { $0.status.rawValue },
            .integer("amount") { $0.amount },
            .time("chargedAt") { $0.chargedAt },
        ])

    func message(status: SimulatorCharge.Status) -> SimulatorCharge {
        SimulatorCharge(
            id: id, orderId: orderId, amount: amount, currency: currency, status: status, reason: reason)
    }
}
