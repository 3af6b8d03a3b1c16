import HTTP
import Kernel

/// An event of Stripe's. The same event may come several times, and events in any order.
struct StripeEvent: Decodable {
    struct Cause: Decodable {
        let idempotencyKey: String?
    }
    struct Content: Decodable {
        let object: Object
    }
    enum Object: Decodable {
        case intent(StripePaymentIntent)
        case refund(StripeRefund)
        case charge(StripeCharge)
        case dispute(StripeDispute)
        case other

        private enum Keys: String, CodingKey { case object }

        /// An object that cannot be read is none that payments made.
        init(from decoder: any Decoder) throws {
            let name = try? decoder.container(keyedBy: Keys.self).decodeIfPresent(String.self, forKey: .object)
            switch name {
            case "payment_intent": self = (try? StripePaymentIntent(from: decoder)).map { .intent($0) } ?? .other
            case "refund": self = (try? StripeRefund(from: decoder)).map { .refund($0) } ?? .other
            case "charge": self = (try? StripeCharge(from: decoder)).map { .charge($0) } ?? .other
            case "dispute": self = (try? StripeDispute(from: decoder)).map { .dispute($0) } ?? .other
            default: self = .other
            }
        }
    }
    let id: String
    let type: String
    let request: Cause?
    let data: Content

    private enum CodingKeys: String, CodingKey { case id, type, request, data }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        type = try container.decode(String.self, forKey: .type)
        // Old versions of the API write the request's name here.
        request = try? container.decodeIfPresent(Cause.self, forKey: .request)
        data = try container.decode(Content.self, forKey: .data)
    }

    var callback: ProviderCallback {
        let told: ProviderCallback? =
            switch data.object {
            case .intent(let intent): callback(about: intent)
            case .refund(let refund): callback(about: refund)
            // Since API version 2022-11-15 it does not tell which refund; older versions list them, newest first.
            case .charge(let charge) where type == "charge.refunded":
                charge.refunds?.data.first.flatMap { callback(about: $0) } ?? other(charge.paymentIntent?.id)
            case .charge(let charge): other(charge.paymentIntent?.id)
            case .dispute(let dispute): callback(about: dispute)
            case .other: nil
            }
        return told ?? other(nil)
    }
}

extension StripeEvent {
    /// One about a PaymentIntent without our metadata, for example after they were removed by hand, names no order; its
    /// payment is found by the reference.
    private func callback(about intent: StripePaymentIntent) -> ProviderCallback? {
        let amount: Int64?
        let event: ProviderCallback.Event
        switch type {
        case "payment_intent.succeeded":
            (amount, event) = (intent.amountReceived, .succeeded(intent.isManual ? .capture : .charge))
        case "payment_intent.amount_capturable_updated" where intent.amountCapturable != 0:
            (amount, event) = (intent.amountCapturable, .succeeded(.authorise))
        case "payment_intent.payment_failed":
            (amount, event) = (intent.amount, .refused(intent.isManual ? .authorise : .charge, reason: intent.failure))
        case "payment_intent.canceled" where intent.isManual:
            (amount, event) = (intent.amount, .succeeded(.void))
        case "payment_intent.canceled":
            let reason = intent.cancellationReason.map { ": \($0)" } ?? ""
            (amount, event) = (intent.amount, .refused(.charge, reason: "the payment was canceled\(reason)"))
        default:
            return other(intent.id)
        }
        guard let money = StripeAmount.money(amount ?? intent.amount, intent.currency) else { return other(intent.id) }
        return ProviderCallback(
            id: id, orderId: intent.orderId ?? "", reference: intent.id,
            idempotencyKey: key(of: event, about: intent), money: money, event: event)
    }

    /// The metadata hold the key of the call that made the PaymentIntent; a capture or void has another.
    private func key(of event: ProviderCallback.Event, about intent: StripePaymentIntent) -> String? {
        switch event {
        case .succeeded(.charge), .succeeded(.authorise), .refused: intent.idempotencyKey
        default: request?.idempotencyKey
        }
    }

    /// A refund that was made at Stripe has neither order nor key.
    private func callback(about refund: StripeRefund) -> ProviderCallback? {
        let event: ProviderCallback.Event
        switch refund.lookup {
        case .succeeded: event = .succeeded(.refund)
        case .refused(let reason): event = .refused(.refund, reason: reason)
        default: return other(refund.paymentIntent?.id)
        }
        guard let intent = refund.paymentIntent?.id, let money = refund.money else {
            return other(refund.paymentIntent?.id)
        }
        return ProviderCallback(
            id: id, orderId: refund.orderId ?? "", reference: intent, refundReference: refund.id,
            idempotencyKey: refund.idempotencyKey, money: money, event: event)
    }

    private func callback(about dispute: StripeDispute) -> ProviderCallback? {
        let stage: DisputeStage
        switch (type, dispute.status) {
        case ("charge.dispute.created", _): stage = .opened
        case ("charge.dispute.funds_withdrawn", _): stage = .fundsWithdrawn
        case ("charge.dispute.funds_reinstated", _): stage = .fundsReinstated
        // An inquiry that ended without a chargeback is decided for the shop as well.
        case ("charge.dispute.closed", "won"), ("charge.dispute.closed", "warning_closed"): stage = .won
        case ("charge.dispute.closed", "lost"): stage = .lost
        default: return other(dispute.paymentIntent?.id)
        }
        guard let money = dispute.money else { return other(dispute.paymentIntent?.id) }
        return ProviderCallback(
            id: id, orderId: dispute.paymentIntent?.object?.orderId ?? "", reference: dispute.paymentIntent?.id ?? "",
            money: money, event: .disputed(id: dispute.id, stage))
    }

    private func other(_ reference: String?) -> ProviderCallback {
        // No money is meant, so the currency does not matter.
        ProviderCallback(
            id: id, orderId: "", reference: reference ?? "", money: Money(0, .southKoreanWon), event: .other(type))
    }
}
