import FoundationEssentials
public import HTTP
public import Kernel

/// Stripe, by PaymentIntents and Refunds. A charge is a PaymentIntent that is made and confirmed in one call; its id is
/// the reference of everything that follows.
public struct StripeProvider: PaymentProvider {
    public let name = "stripe"
    let client: StripeClient
    let settings: StripeSettings

    public init(_ settings: StripeSettings, transport: any Transport) {
        self.settings = settings
        client = StripeClient(
            endpoint: ProviderEndpoint(baseURL: settings.baseURL, timeout: settings.timeout, transport: transport),
            secretKey: settings.secretKey, evidence: Evidence(hiding: [settings.secretKey] + settings.webhookSecrets))
    }

    public func perform(_ call: ProviderCall) async -> ProviderOutcome {
        guard let amount = StripeAmount.amount(call.money) else {
            return .refused(reason: "Stripe does not take \(call.money.amount) in \(call.money.currency.code)")
        }
        guard let (path, form) = request(for: call, amount: amount) else {
            return .refused(reason: "\(call.action.rawValue) needs the provider's name of the charge")
        }
        do throws(TransportError) {
            let response = try await client.post(path, form, key: call.idempotencyKey)
            let answer = StripeAnswer(response: response, evidence: client.evidence)
            return if let outcome = answer.outcome(of: call) { outcome } else { await outcome(of: call, past: answer) }
        } catch {
            return ProviderOutcome(error)
        }
    }

    /// Looks up the outcome of a call that Stripe refuses because the object is past this step.
    private func outcome(of call: ProviderCall, past answer: StripeAnswer) async -> ProviderOutcome {
        let found = await find(call)
        guard found == .absent else { return found.outcome }
        // All refunds of the payment are known, and this is none of them.
        return call.action == .refund ? .refused(reason: answer.unclear) : .unknown(reason: answer.unclear)
    }

    public func callback(in request: Request, at time: Timestamp) async throws(InvalidCallback) -> ProviderCallback {
        try StripeSignature.verify(
            request.headers[StripeSignature.header], request.body, secrets: settings.webhookSecrets, at: time)
        guard let event = try? JSON.decodeSnakeCase(StripeEvent.self, from: request.body) else {
            throw InvalidCallback(.unreadable, "the body is not an event")
        }
        return event.callback
    }

    /// `nil` if the call lacks the reference that its action needs.
    private func request(for call: ProviderCall, amount: Int64) -> (path: String, form: StripeForm)? {
        var form = StripeForm()
        switch call.action {
        case .charge, .authorise:
            form.add("amount", String(amount))
            form.add("currency", call.money.currency.code.lowercased())
            form.add("capture_method", call.action == .charge ? "automatic" : "manual")
            form.add("confirm", "true")
            form.add("payment_method", settings.paymentMethod.token(for: call))
            form.add("payment_method_types[0]", "card")
            // Nobody is there to answer the bank's question: refuse rather than wait for ever.
            form.add("error_on_requires_action", "true")
            form.addMetadata(of: call)
            return ("/v1/payment_intents", form)
        case .capture:
            guard let path = intent(call) else { return nil }
            form.add("amount_to_capture", String(amount))
            return (path + "/capture", form)
        case .void:
            guard let path = intent(call) else { return nil }
            return (path + "/cancel", form)
        case .refund:
            guard let reference = call.reference else { return nil }
            form.add("payment_intent", reference)
            form.add("amount", String(amount))
            form.addMetadata(of: call)
            return ("/v1/refunds", form)
        }
    }

    func intent(_ call: ProviderCall) -> String? {
        call.reference.map { "/v1/payment_intents/" + QueryString.encode($0) }
    }
}
