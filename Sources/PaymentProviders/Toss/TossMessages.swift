import FoundationEssentials
import Kernel

/// `POST /v1/payments/confirm`.
struct TossConfirmation: Encodable {
    let paymentKey: String
    let orderId: String
    /// Major units.
    let amount: Decimal
}

/// `POST /v1/payments/{paymentKey}/cancel`.
struct TossCancellation: Encodable {
    /// The reason, which ends with the idempotency key in brackets, so that the refund can be found by it.
    let cancelReason: String
    let cancelAmount: Decimal
}

/// Toss' Payment object.
struct TossPayment: Decodable, Sendable {
    struct Cancel: Decodable, Sendable {
        let cancelAmount: Decimal
        let cancelReason: String?
        let transactionKey: String?
        let cancelStatus: String?
        let canceledAt: String?

        var idempotencyKey: String? {
            guard let reason = cancelReason, reason.hasSuffix("]"), let start = reason.lastIndex(of: "[") else {
                return nil
            }
            return String(reason[reason.index(after: start)...].dropLast())
        }

        static func reason(_ call: ProviderCall) -> String { "refund [\(call.idempotencyKey)]" }
    }
    struct Failure: Decodable, Sendable {
        let code: String?
        let message: String?
    }
    let paymentKey: String
    let orderId: String
    let status: String
    let currency: String?
    let totalAmount: Decimal?
    let lastTransactionKey: String?
    let approvedAt: String?
    let cancels: [Cancel]?
    let failure: Failure?

    func money(_ amount: Decimal?) -> Money? {
        guard let amount, let currency = Currency(code: currency ?? "KRW") else { return nil }
        return DecimalAmount.read("\(amount)", currency)
    }
}

/// `PAYMENT_STATUS_CHANGED` and others; not signed.
struct TossEvent: Decodable, Sendable {
    struct Content: Decodable, Sendable {
        let paymentKey: String?
        let orderId: String?
        /// The key of the cancellation that the event is about, if it is about one.
        let lastTransactionKey: String?
    }
    let eventType: String
    let data: Content?
}

/// An entry of `GET /v1/transactions`.
struct TossTransaction: Decodable, Sendable {
    let transactionKey: String
    let paymentKey: String
    let orderId: String
    let status: String
    let currency: String?
    let amount: Decimal
    let transactionAt: String?
}

extension DecimalAmount {
    /// The amount in major units, for JSON numbers.
    static func decimal(_ money: Money) -> Decimal {
        Decimal(
            sign: money.amount < 0 ? .minus : .plus, exponent: -money.currency.exponent,
            significand: Decimal(money.amount.magnitude))
    }
}
