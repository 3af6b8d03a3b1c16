import HTTP
import Kernel
import PaymentProviders

/// The form-encoded body of a request, nested names in brackets: `metadata[order_id]=ORD-1`.
struct StripeParameters: Sendable {
    private let query: Query

    init(_ request: Request) throws(StripeError) {
        query = Query(String(decoding: request.body, as: UTF8.self))
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

    /// The same for the same parameters in any order.
    var fingerprint: String {
        query.items.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: "&")
    }
}
