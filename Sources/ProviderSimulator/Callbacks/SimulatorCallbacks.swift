import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import Webhooks

/// The simulator's own callbacks: `charge.succeeded`, `refund.refused`, `dispute.fundsWithdrawn` …, signed as Standard
/// Webhooks has it.
struct SimulatorCallbacks: CallbackDialect {
    let target: CallbackTarget?
    let secret: WebhookSecret
    let identifierPrefix = "CB-"

    /// Nothing of what is not decided, and nothing of a settlement.
    func bodies(about entry: BookEntry, ids: [String], at time: Timestamp) throws -> [Data] {
        guard entry.line.status != .pending, entry.news != .settled else { return [] }
        let charge = entry.line.message()
        let end = charge.stage?.rawValue ?? (charge.status == .refused ? "refused" : "succeeded")
        return [try JSON.encode(SimulatorCallback(type: "\(charge.action.rawValue).\(end)", charge: charge))]
    }

    func delivery(
        of callback: PendingCallback, signedAt: Timestamp, isForged: Bool
    ) throws -> (headers: Headers, body: Data) {
        let body = Data(callback.body.utf8)
        var headers = StandardWebhook.headers(id: callback.id, body: body, secret: secret, at: signedAt)
        if isForged { headers["webhook-signature"] = "v1,d3Jvbmc=" }
        return (headers, body)
    }
}
