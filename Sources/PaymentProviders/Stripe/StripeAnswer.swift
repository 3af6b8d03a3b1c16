import HTTP
import Kernel

/// What an answer of Stripe's means for the call that it answers.
struct StripeAnswer {
    let response: Response

    init(_ response: Response) { self.response = response }

    func outcome(of call: ProviderCall) -> ProviderOutcome {
        switch response.status {
        case 200..<300: lookup(of: call).outcome
        case 429: .tooMany(response)
        // Wrong key, or one without the right: Stripe looked at nothing.
        case 401, 403: .notSent(reason: "Stripe refuses the secret key", retryAfter: nil)
        // The key was used for another body: what became of that call is to be found out.
        case 400 where failure?.error.type == "idempotency_error": .unclear(response)
        // The same call is being worked on.
        case 409: .unclear(response)
        case 400, 402, 404: .refused(reason: failure?.reason ?? "refused by the provider")
        default: .unclear(response)
        }
    }

    /// What the object in the answer says about the call.
    func lookup(of call: ProviderCall) -> ProviderLookup {
        if call.action == .refund {
            guard let refund = try? JSON.decodeSnakeCase(StripeRefund.self, from: response.body) else {
                return unreadable
            }
            return refund.lookup
        }
        guard let intent = try? JSON.decodeSnakeCase(StripePaymentIntent.self, from: response.body) else {
            return unreadable
        }
        return intent.lookup(of: call.action)
    }

    private var unreadable: ProviderLookup { .unknown(reason: "Stripe's answer cannot be read") }

    private var failure: StripeFailure? { try? JSON.decodeSnakeCase(StripeFailure.self, from: response.body) }
}

extension StripePaymentIntent {
    /// How `action` stands, by the PaymentIntent's status (Stripe, "PaymentIntents lifecycle").
    func lookup(of action: ProviderAction) -> ProviderLookup {
        switch (status, action) {
        case ("succeeded", .void): .refused(reason: "the payment was captured")
        case ("succeeded", _): .succeeded(reference: id)
        case ("requires_capture", .authorise): .succeeded(reference: id)
        case ("requires_capture", .capture), ("requires_capture", .void): .absent
        case ("canceled", .void): .succeeded(reference: id)
        case ("canceled", _): .refused(reason: "the payment was canceled")
        case ("requires_payment_method", _): .refused(reason: failure)
        case ("processing", _), ("requires_action", _): .pending(reference: id)
        default: .unknown(reason: "the payment is in the state \(status)")
        }
    }

    var failure: String {
        lastPaymentError?.declineCode ?? lastPaymentError?.code ?? lastPaymentError?.message
            ?? "refused by the provider"
    }
}

extension StripeRefund {
    var lookup: ProviderLookup {
        switch status {
        case "succeeded": .succeeded(reference: id)
        case "failed", "canceled": .refused(reason: failureReason ?? "the refund was \(status ?? "refused")")
        default: .pending(reference: id)
        }
    }
}
