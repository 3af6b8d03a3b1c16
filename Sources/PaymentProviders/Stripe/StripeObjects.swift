import HTTP
import Kernel

/// Objects of Stripe's API as far as payments need them. Amounts are Stripe's: see `StripeAmount`.
struct StripePaymentIntent: Decodable, Sendable {
    struct Failure: Decodable, Sendable {
        let code: String?
        let declineCode: String?
        let message: String?
    }
    let id: String
    let amount: Int64
    let amountReceived: Int64?
    let amountCapturable: Int64?
    let currency: String
    let status: String
    let captureMethod: String?
    let cancellationReason: String?
    let lastPaymentError: Failure?
    let created: Int64?
    let metadata: [String: String]?

    var orderId: String? { metadata?["order_id"] }
    var idempotencyKey: String? { metadata?["idempotency_key"] }
    var isManual: Bool { captureMethod == "manual" }
}

struct StripeRefund: Decodable, Sendable {
    let id: String
    let amount: Int64
    let currency: String
    let status: String?
    let paymentIntent: StripeReference<StripePaymentIntent>?
    let failureReason: String?
    /// Present if the money had left Stripe's balance and came back.
    let failureBalanceTransaction: StripeReference<StripeBalanceTransaction>?
    let created: Int64?
    let metadata: [String: String]?

    /// A refund that was made on Stripe's own page carries no order: its PaymentIntent may.
    var orderId: String? { metadata?["order_id"] ?? paymentIntent?.object?.orderId }
    var idempotencyKey: String? { metadata?["idempotency_key"] }
    var money: Money? { StripeAmount.money(amount, currency) }
}

struct StripeDispute: Decodable, Sendable {
    let id: String
    let amount: Int64
    let currency: String
    let status: String?
    let paymentIntent: StripeReference<StripePaymentIntent>?
    let balanceTransactions: [StripeBalanceTransaction]?

    var money: Money? { StripeAmount.money(amount, currency) }
}

/// The part of a charge that `charge.refunded` and statements need.
struct StripeCharge: Decodable, Sendable {
    let id: String
    let amount: Int64?
    let amountCaptured: Int64?
    let currency: String?
    let paymentIntent: StripeReference<StripePaymentIntent>?
    let refunds: StripeList<StripeRefund>?
    let metadata: [String: String]?
}

/// A movement on the shop's balance at Stripe. Its own amount is in the currency of the settlement; that of its source
/// is in the currency that the buyer paid in.
struct StripeBalanceTransaction: Decodable, Sendable {
    let id: String
    let type: String?
    let amount: Int64
    let created: Int64?
    let source: StripeReference<StripeSource>?
}

/// An object that stands in an answer by its name, or whole where the request expanded it.
enum StripeReference<Object: Decodable & Sendable>: Decodable, Sendable {
    case id(String)
    indirect case whole(id: String, Object)

    private enum Keys: String, CodingKey { case id }

    init(from decoder: any Decoder) throws {
        if let id = try? decoder.singleValueContainer().decode(String.self) {
            self = .id(id)
        } else {
            let id = try decoder.container(keyedBy: Keys.self).decode(String.self, forKey: .id)
            self = .whole(id: id, try Object(from: decoder))
        }
    }

    var id: String {
        switch self {
        case .id(let id), .whole(let id, _): id
        }
    }

    var object: Object? {
        if case .whole(_, let object) = self { object } else { nil }
    }
}

/// The object that moved money on the balance.
enum StripeSource: Decodable, Sendable {
    case charge(StripeCharge)
    case refund(StripeRefund)
    case dispute(StripeDispute)
    case other

    private enum Keys: String, CodingKey { case object }

    init(from decoder: any Decoder) throws {
        switch try decoder.container(keyedBy: Keys.self).decodeIfPresent(String.self, forKey: .object) {
        case "charge": self = .charge(try StripeCharge(from: decoder))
        case "refund": self = .refund(try StripeRefund(from: decoder))
        case "dispute": self = .dispute(try StripeDispute(from: decoder))
        default: self = .other
        }
    }
}

/// `/v1/…` lists and searches.
struct StripeList<Item: Decodable & Sendable & SendableMetatype>: Decodable, Sendable {
    let data: [Item]
    let hasMore: Bool?
}
