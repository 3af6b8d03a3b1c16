import HTTP
import Kernel

/// The meaning of an answer of Stripe for its call.
struct StripeAnswer {
    let response: Response
    let evidence: Evidence

    /// `nil` if only a look-up can tell: the object is past this step, perhaps by this very call.
    func outcome(of call: ProviderCall) -> ProviderOutcome? {
        if 200..<300 ~= response.status { return lookup(of: call).outcome }
        // A key's first result is kept for 24 hours and repeated word for word, 500 included (Stripe, "Idempotent
        // requests"): it tells nothing of today.
        if response.status >= 500, response.headers["Idempotent-Replayed"] == "true" {
            return .storedError(reason: unclear)
        }
        guard let failure = StripeFailure.read(response) else { return .unknown(reason: unclear) }
        return switch failure.meaning(status: response.status) {
        case .final: .refused(reason: failure.reason)
        case .notBegun: .notSent(reason: unclear, retryAfter: response.retryAfter)
        case .pastThisStep: nil
        case .unclear: .unknown(reason: unclear)
        }
    }

    /// Classifies the object in the answer.
    func lookup(of call: ProviderCall) -> ProviderLookup {
        if call.action == .refund {
            let refund = try? JSON.decodeSnakeCase(StripeRefund.self, from: response.body)
            return refund?.lookup ?? .unknown(reason: unclear)
        }
        let intent = try? JSON.decodeSnakeCase(StripePaymentIntent.self, from: response.body)
        return intent?.lookup(of: call.action) ?? .unknown(reason: unclear)
    }

    var unclear: String { evidence.text("Stripe", response) }
}

extension StripePaymentIntent {
    /// How `action` stands, by the PaymentIntent's status (Stripe, "PaymentIntents lifecycle").
    func lookup(of action: ProviderAction) -> ProviderLookup {
        switch (status, action) {
        case ("succeeded", .void): .refused(reason: "the payment was captured")
        case ("succeeded", _): .succeeded(report(amountReceived ?? amount))
        case ("requires_capture", .authorise): .succeeded(report(amountCapturable ?? amount))
        case ("requires_capture", .capture), ("requires_capture", .void): .absent
        case ("canceled", .void): .succeeded(report(amount))
        case ("canceled", _): .refused(reason: "the payment was canceled")
        // Without an error the bank has not been heard: Stripe shows the same status before and while it asks.
        case ("requires_payment_method", .charge) where lastPaymentError != nil,
            ("requires_payment_method", .authorise) where lastPaymentError != nil:
            .refused(reason: failure)
        case ("requires_payment_method", .charge), ("requires_payment_method", .authorise),
            ("requires_confirmation", .charge), ("requires_confirmation", .authorise), ("requires_action", .charge),
            ("requires_action", .authorise), ("processing", .charge), ("processing", .authorise):
            .pending(report(amount))
        case ("processing", .capture): .pending(report(amount))
        // A PaymentIntent can be cancelled in each of these.
        case ("requires_payment_method", .void), ("requires_confirmation", .void), ("requires_action", .void): .absent
        default: .unknown(reason: "the payment is in the state \(status)")
        }
    }

    func report(_ amount: Int64) -> ProviderReport {
        ProviderReport(reference: id, money: StripeAmount.money(amount, currency), orderId: orderId)
    }

    var failure: String {
        lastPaymentError?.declineCode ?? lastPaymentError?.code ?? lastPaymentError?.message
            ?? "refused by the provider"
    }
}

extension StripeRefund {
    /// How a refund stands, by its status (Stripe, "The Refund object").
    var lookup: ProviderLookup {
        switch status {
        case "succeeded": .succeeded(report)
        case "failed", "canceled": .refused(reason: failureReason ?? "the refund was \(status ?? "refused")")
        case "pending", "requires_action": .pending(report)
        default: .unknown(reason: "the refund is in the state \(status ?? "that Stripe does not tell")")
        }
    }

    var report: ProviderReport { ProviderReport(reference: id, money: money, orderId: orderId) }
}
