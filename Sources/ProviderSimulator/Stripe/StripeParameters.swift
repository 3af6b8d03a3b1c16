import HTTP
import Kernel
import PaymentProviders
import Storage
import Synchronization

/// The form-encoded body of a request, nested names in brackets: `metadata[order_id]=ORD-1`.
struct StripeParameters: Sendable {
    private let query: QueryString

    init(_ request: Request) throws(StripeError) {
        query = QueryString(String(decoding: request.body, as: UTF8.self))
        for item in query.items where item.name.hasSuffix("[number]") || item.name == "number" {
            throw .invalid("Sending card numbers is unsafe: send a token.", param: item.name)
        }
    }

    subscript(name: String) -> String? { query[name] }

    func required(_ name: String) throws(StripeError) -> String {
        guard let text = query[name], !text.isEmpty else { throw .missing(name) }
        return text
    }

    /// A positive whole number of Stripe's minor units, in the book's.
    func amount(_ name: String, in code: String) throws(StripeError) -> Int64? {
        guard let text = query[name] else { return nil }
        guard let number = Int64(text), number > 0 else {
            throw .invalid("Invalid positive integer", code: "parameter_invalid_integer", param: name)
        }
        guard let money = StripeAmount.money(number, code), StripeAmount.amount(money) == number else {
            throw .invalid("Invalid amount for \(code)", code: "invalid_amount", param: name)
        }
        guard money.amount <= Money.limit else {
            throw .invalid("Amount must be no more than \(Money.limit)", code: "amount_too_large", param: name)
        }
        return money.amount
    }

    /// As the book keeps it.
    var metadata: [String: String] {
        var details: [String: String] = [:]
        for item in query.items where item.name.hasPrefix("metadata[") && item.name.hasSuffix("]") {
            details[SimulatedCharge.metadataPrefix + item.name.dropFirst(9).dropLast()] = item.value
        }
        return details
    }

    /// A text that is equal for equal parameters in any order.
    var fingerprint: String {
        query.items.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: "&")
    }
}

/// The answer to a request, kept under its `Idempotency-Key`: Stripe repeats the answer word for word, success,
/// refusal or failure, for 24 hours.
struct StripeReply: Entity, Hashable {
    /// The key.
    let id: String
    var version: Int64 = 0
    /// The fingerprint of the path and the parameters.
    let fingerprint: String
    var status: Int
    var body: String
    /// `nil` in books of earlier versions.
    var savedAt: Timestamp?

    static let collection = Collection<StripeReply>("stripeReplies", fields: [])

    static let lifetime = Duration.seconds(86_400)

    func isForgotten(at time: Timestamp) -> Bool { savedAt.map { time - $0 >= Self.lifetime } ?? false }
}

/// The keys whose first request is being worked on: another with the same key conflicts.
final class KeysInProgress: Sendable {
    private let keys = Mutex<Set<String>>([])

    func begin(_ key: String) -> Bool { keys.withLock { $0.insert(key).inserted } }
    func end(_ key: String) { keys.withLock { _ = $0.remove(key) } }
}

/// Written as `null` if there is no value: clients of the imitated interfaces expect the member to be there.
@propertyWrapper
struct OrNull<Value: Encodable & Sendable>: Encodable, Sendable {
    var wrappedValue: Value?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}
