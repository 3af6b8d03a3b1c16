import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders

/// Stripe's events about the book's lines, signed as Stripe does.
struct StripeCallbacks: CallbackDialect {
    let target: CallbackTarget?
    let secret: String
    let identifierPrefix = "evt_"

    func bodies(about entry: BookEntry, ids: [String], at time: Timestamp) throws -> [Data] {
        let isRefused = entry.line.status == .refused
        let intent = StripeIntentView(entry.root)
        switch entry.line.action {
        case .charge, .authorise, .capture, .void:
            let type =
                switch (entry.line.action, isRefused) {
                case (.authorise, false): "payment_intent.amount_capturable_updated"
                case (.void, false): "payment_intent.canceled"
                case (_, false): "payment_intent.succeeded"
                case (_, true): "payment_intent.payment_failed"
                }
            return [try event(type, ids[0], about: intent, entry, time)]
        case .refund:
            let refund = try event(
                isRefused ? "refund.failed" : "refund.updated", ids[0],
                about: StripeRefundView(entry.line, of: entry.root), entry, time)
            guard !isRefused else { return [refund] }
            return [refund, try event("charge.refunded", ids[1], about: StripeChargeView(entry.root), entry, time)]
        }
    }

    func delivery(
        of callback: PendingCallback, signedAt: Timestamp, isForged: Bool
    ) throws -> (headers: Headers, body: Data) {
        let body = Data(callback.body.utf8)
        let signature = StripeSignature.make(body, secret: isForged ? "whsec_of_nobody" : secret, at: signedAt)
        return ([StripeSignature.header: signature], body)
    }

    private func event(
        _ type: String, _ id: String, about object: some Encodable & Sendable, _ entry: BookEntry, _ time: Timestamp
    ) throws -> Data {
        try JSON.encodeSnakeCase(
            StripeEventView(
                id: id, created: time.milliseconds / 1000, type: type,
                request: .init(idempotencyKey: entry.line.idempotencyKey), data: .init(object: object)))
    }
}

private struct StripeEventView<Object: Encodable & Sendable>: Encodable {
    struct Cause: Encodable {
        let idempotencyKey: String
    }
    struct Content: Encodable {
        let object: Object
    }
    let id: String
    let object = "event"
    let apiVersion = "2024-06-20"
    let created: Int64
    let livemode = false
    let pendingWebhooks = 1
    let type: String
    let request: Cause
    let data: Content
}
