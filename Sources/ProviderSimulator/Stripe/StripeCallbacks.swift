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
        guard entry.news != .settled else { return [] }
        switch entry.line.action {
        case .charge, .authorise, .capture, .void:
            return [
                try event(Self.intentEvent(of: entry.line), ids[0], about: StripeIntentView(entry.root), entry, time)
            ]
        case .refund:
            let view = StripeRefundView(entry.line, of: entry.root)
            guard entry.news == .written else {
                let type = view.status == "failed" ? "refund.failed" : "refund.updated"
                return [try event(type, ids[0], about: view, entry, time)]
            }
            let refund = try event("refund.created", ids[0], about: view, entry, time)
            guard entry.line.status != .refused else {
                return [refund, try event("refund.failed", ids[1], about: view, entry, time)]
            }
            return [refund, try event("charge.refunded", ids[1], about: StripeChargeView(entry.root), entry, time)]
        case .dispute:
            guard let stage = entry.line.stage else { return [] }
            let view = StripeDisputeView(entry.line, of: entry.root, movements: [])
            return [try event(Self.disputeEvent(at: stage), ids[0], about: view, entry, time)]
        case .refundFailure: return []
        }
    }

    private static func intentEvent(of line: SimulatedCharge) -> String {
        switch (line.action, line.status) {
        case (_, .pending): "payment_intent.processing"
        case (_, .refused): "payment_intent.payment_failed"
        case (.authorise, _): "payment_intent.amount_capturable_updated"
        case (.void, _): "payment_intent.canceled"
        default: "payment_intent.succeeded"
        }
    }

    private static func disputeEvent(at stage: DisputeStage) -> String {
        switch stage {
        case .opened: "charge.dispute.created"
        case .fundsWithdrawn: "charge.dispute.funds_withdrawn"
        case .fundsReinstated: "charge.dispute.funds_reinstated"
        case .won, .lost: "charge.dispute.closed"
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
        // What happens later or at Stripe's side has no request of the shop behind it.
        let isAsked = entry.news == .written && entry.line.isUnasked != true
        return try JSON.encodeSnakeCase(
            StripeEventView(
                id: id, created: time.milliseconds / 1000, type: type,
                request: .init(idempotencyKey: isAsked ? entry.line.idempotencyKey : nil), data: .init(object: object)))
    }
}

private struct StripeEventView<Object: Encodable & Sendable>: Encodable {
    struct Cause: Encodable {
        @OrNull var idempotencyKey: String?

        init(idempotencyKey: String?) { _idempotencyKey = OrNull(wrappedValue: idempotencyKey) }
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
