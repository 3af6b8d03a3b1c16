import FoundationEssentials
import HTTP

/// A body as Stripe takes it: `application/x-www-form-urlencoded`, nested names in brackets.
struct StripeForm: Sendable {
    static let contentType = "application/x-www-form-urlencoded"
    private(set) var fields: [(name: String, value: String)] = []

    mutating func add(_ name: String, _ value: String) { fields.append((name, value)) }

    /// `metadata[order_id]` and `metadata[idempotency_key]`, by which callbacks and look-ups know the call again.
    mutating func addMetadata(of call: ProviderCall) {
        add("metadata[order_id]", call.orderId)
        add("metadata[idempotency_key]", call.idempotencyKey)
    }

    var data: Data {
        Data(
            fields.map { QueryString.encode($0.name) + "=" + QueryString.encode($0.value) }.joined(separator: "&").utf8)
    }
}
