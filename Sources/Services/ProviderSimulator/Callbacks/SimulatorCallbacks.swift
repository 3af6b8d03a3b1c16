import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import Webhooks

/// The simulator's own callbacks: `charge.succeeded`, `refund.refused` …, signed as Standard Webhooks has it.
struct SimulatorCallbacks: CallbackDialect {
    let target: CallbackTarget?
    let secret: WebhookSecret
    let identifierPrefix = "CB-"

    func bodies(about entry: BookEntry, ids: [String], at time: Timestamp) throws -> [Data] {
        let end = entry.line.status == .refused ? "refused" : "succeeded"
        return [
            try JSON.encode(
                SimulatorCallback(type: "\(entry.line.action.rawValue).\(end)", charge: entry.line.message()))
        ]
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
