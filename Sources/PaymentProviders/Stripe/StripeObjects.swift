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
    let lastPaymentError: Failure?
    let created: Int64?
    let metadata: [String: String]?

    var orderId: String? { metadata?["order_id"] }
    var idempotencyKey: String? { metadata?["idempotency_key"] }
}

struct StripeRefund: Decodable, Sendable {
    let id: String
    let amount: Int64
    let currency: String
    let status: String?
    let paymentIntent: String?
    let failureReason: String?
    let created: Int64?
    let metadata: [String: String]?

    var orderId: String? { metadata?["order_id"] }
    var idempotencyKey: String? { metadata?["idempotency_key"] }
}

/// `/v1/…` lists and searches.
struct StripeList<Item: Decodable & Sendable & SendableMetatype>: Decodable, Sendable {
    let data: [Item]
    let hasMore: Bool?
}

/// The body of every error.
struct StripeFailure: Decodable, Sendable {
    struct Details: Decodable, Sendable {
        let type: String?
        let code: String?
        let declineCode: String?
        let message: String?
    }
    let error: Details

    var reason: String {
        error.declineCode ?? error.code ?? error.message ?? "refused by the provider"
    }
}
