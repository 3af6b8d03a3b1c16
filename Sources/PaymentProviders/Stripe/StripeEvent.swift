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
        case other

        private enum Keys: String, CodingKey { case object }

        init(from decoder: any Decoder) throws {
            switch try decoder.container(keyedBy: Keys.self).decodeIfPresent(String.self, forKey: .object) {
            case "payment_intent": self = .intent(try StripePaymentIntent(from: decoder))
            case "refund": self = .refund(try StripeRefund(from: decoder))
            case "charge": self = .charge(try StripeCharge(from: decoder))
            default: self = .other
            }
        }
    }
    let id: String
    let type: String
    let request: Cause?
    let data: Content

    /// `nil` where an amount or currency cannot be read.
    var callback: ProviderCallback? {
        switch data.object {
        case .intent(let intent): callback(about: intent)
        case .refund(let refund): callback(about: refund)
        // Since API version 2022-11-15 it does not tell which refund; older versions list them, newest first.
        case .charge(let charge) where type == "charge.refunded":
            charge.refunds?.data.first.flatMap { callback(about: $0) } ?? other(charge.paymentIntent)
        case .charge(let charge): other(charge.paymentIntent)
        case .other: other(nil)
        }
    }
}

/// As far as `charge.refunded` needs it.
struct StripeCharge: Decodable {
    let paymentIntent: String?
    let refunds: StripeList<StripeRefund>?
}

extension StripeEvent {
    private func callback(about intent: StripePaymentIntent) -> ProviderCallback? {
        let isManual = intent.captureMethod == "manual"
        let amount: Int64?
        let event: ProviderCallback.Event
        switch type {
        case "payment_intent.succeeded":
            (amount, event) = (intent.amountReceived, .succeeded(isManual ? .capture : .charge))
        case "payment_intent.amount_capturable_updated":
            (amount, event) = (intent.amountCapturable, .succeeded(.authorise))
        case "payment_intent.payment_failed":
            (amount, event) = (intent.amount, .refused(isManual ? .authorise : .charge, reason: intent.failure))
        case "payment_intent.canceled":
            (amount, event) = (intent.amount, .succeeded(.void))
        default:
            return other(intent.id)
        }
        guard let orderId = intent.orderId else { return other(intent.id) }
        guard let money = StripeAmount.money(amount ?? intent.amount, intent.currency) else { return nil }
        return ProviderCallback(
            id: id, orderId: orderId, reference: intent.id, idempotencyKey: key(of: event, about: intent), money: money,
            event: event)
    }

    /// The metadata hold the key of the call that made the PaymentIntent; a capture or void has another.
    private func key(of event: ProviderCallback.Event, about intent: StripePaymentIntent) -> String? {
        switch event {
        case .succeeded(.charge), .succeeded(.authorise), .refused: intent.idempotencyKey
        default: request?.idempotencyKey
        }
    }

    private func callback(about refund: StripeRefund) -> ProviderCallback? {
        let event: ProviderCallback.Event
        switch refund.lookup {
        case .succeeded: event = .succeeded(.refund)
        case .refused(let reason): event = .refused(.refund, reason: reason)
        default: return other(refund.paymentIntent)
        }
        guard let intent = refund.paymentIntent, let orderId = refund.orderId else {
            return other(refund.paymentIntent)
        }
        guard let money = StripeAmount.money(refund.amount, refund.currency) else { return nil }
        return ProviderCallback(
            id: id, orderId: orderId, reference: intent, refundReference: refund.id,
            idempotencyKey: refund.idempotencyKey, money: money, event: event)
    }

    private func other(_ reference: String?) -> ProviderCallback {
        // No money is meant, so the currency does not matter.
        ProviderCallback(
            id: id, orderId: "", reference: reference ?? "", money: Money(0, .southKoreanWon), event: .other(type))
    }
}
