import FoundationEssentials
public import HTTP
public import Kernel

/// Toss Payments: a payment that the customer allowed in Toss' window is confirmed, which takes the money, and cancelled,
/// in whole or in part, which gives it back. The paymentKey is the reference; there are no reservations.
public struct TossProvider: PaymentProvider {
    public let name = "toss"
    let endpoint: ProviderEndpoint
    let settings: TossSettings
    let now: @Sendable () -> Timestamp

    /// `now` tells until when a statement goes.
    public init(_ settings: TossSettings, transport: any Transport, now: @escaping @Sendable () -> Timestamp) {
        self.settings = settings
        self.now = now
        endpoint = ProviderEndpoint(baseURL: settings.baseURL, timeout: settings.timeout, transport: transport)
    }

    public func perform(_ call: ProviderCall) async -> ProviderOutcome {
        do {
            switch call.action {
            case .charge: return await outcome(try await confirm(call), of: call)
            case .refund:
                guard let reference = call.reference else {
                    return .refused(reason: "refund needs the provider's name of the charge")
                }
                return await outcome(try await cancel(reference, call), of: call)
            case .authorise, .capture, .void:
                return .refused(reason: "Toss Payments takes money at once: it cannot \(call.action.rawValue)")
            }
        } catch let error as TransportError {
            return ProviderOutcome(error)
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    public func find(_ call: ProviderCall) async -> ProviderLookup {
        let path: String
        switch (call.action, call.reference) {
        case (.charge, _): path = "/v1/payments/orders/" + Query.encode(call.orderId)
        case (.refund, let reference?): path = "/v1/payments/" + Query.encode(reference)
        default: return .absent
        }
        do throws(TransportError) {
            let response = try await get(path)
            switch response.status {
            case 200: return lookup(response, of: call)
            case 404: return call.action == .charge ? .absent : .refused(reason: "Toss has no such payment")
            default: return .unclear(response)
            }
        } catch {
            return ProviderLookup(error)
        }
    }

    func get(_ path: String) async throws(TransportError) -> Response {
        try await endpoint.send(.get, path, headers: ["Authorization": ProviderEndpoint.basic(settings.secretKey)])
    }

    private func confirm(_ call: ProviderCall) async throws -> Response {
        try await post(
            "/v1/payments/confirm",
            TossConfirmation(
                paymentKey: settings.paymentKey.token(for: call), orderId: call.orderId,
                amount: DecimalAmount.decimal(call.money)),
            key: call.idempotencyKey)
    }

    private func cancel(_ reference: String, _ call: ProviderCall) async throws -> Response {
        try await post(
            "/v1/payments/\(Query.encode(reference))/cancel",
            TossCancellation(
                cancelReason: TossPayment.Cancel.reason(call), cancelAmount: DecimalAmount.decimal(call.money)),
            key: call.idempotencyKey)
    }

    private func post(_ path: String, _ body: some Encodable, key: String) async throws -> Response {
        try await endpoint.send(
            .post, path,
            headers: [
                "Authorization": ProviderEndpoint.basic(settings.secretKey), "Content-Type": "application/json",
                "Idempotency-Key": key,
            ], body: JSON.encode(body))
    }

    private func outcome(_ response: Response, of call: ProviderCall) async -> ProviderOutcome {
        let failure = try? JSON.decode(TossFailure.self, from: response.body)
        switch (response.status, failure?.code) {
        case (200, _): return lookup(response, of: call).outcome
        case (429, _): return .tooMany(response)
        // Wrong key: Toss looked at nothing.
        case (401, _): return .notSent(reason: "Toss refuses the secret key", retryAfter: nil)
        // Perhaps by this very call.
        case (400, "ALREADY_PROCESSED_PAYMENT"), (400, "DUPLICATED_ORDER_ID"), (403, "ALREADY_CANCELED_PAYMENT"),
            (400, "ALREADY_CANCELED_PAYMENT"):
            let found = await find(call)
            return found == .absent ? .refused(reason: failure?.reason ?? "refused by the provider") : found.outcome
        // The card company failed, or the same call is being worked on (409).
        case (400, "PROVIDER_ERROR"), (409, _): return .unclear(response)
        case (400..<500, _): return .refused(reason: failure?.reason ?? "refused by the provider")
        default: return .unclear(response)
        }
    }

    private func lookup(_ response: Response, of call: ProviderCall) -> ProviderLookup {
        guard let payment = try? JSON.decode(TossPayment.self, from: response.body) else {
            return .unknown(reason: "Toss' answer cannot be read")
        }
        return payment.lookup(of: call)
    }
}

extension TossPayment {
    /// How the call stands, by the payment's status (Toss Payments, "Payment object").
    func lookup(of call: ProviderCall) -> ProviderLookup {
        if call.action == .refund {
            guard let cancel = cancels?.first(where: { $0.idempotencyKey == call.idempotencyKey }) else {
                return .absent
            }
            let reference = cancel.transactionKey ?? call.idempotencyKey
            return cancel.cancelStatus == "IN_PROGRESS"
                ? .pending(reference: reference) : .succeeded(reference: reference)
        }
        return switch status {
        case "DONE", "CANCELED", "PARTIAL_CANCELED": .succeeded(reference: paymentKey)
        case "WAITING_FOR_DEPOSIT": .pending(reference: paymentKey)
        // The customer allowed it, and it was not confirmed.
        case "READY", "IN_PROGRESS": .absent
        case "ABORTED", "EXPIRED": .refused(reason: failure?.code ?? status)
        default: .unknown(reason: "the payment is in the state \(status)")
        }
    }
}
