import FoundationEssentials
public import HTTP
public import Kernel

/// The adapter of Toss Payments. A payment that the customer has approved in Toss' window is captured by a confirmation
/// and refunded, in whole or in part, by a cancellation. The paymentKey is the reference; there are no authorisations.
public struct TossProvider: PaymentProvider {
    public let name = "toss"
    let endpoint: ProviderEndpoint
    let settings: TossSettings
    let now: @Sendable () -> Timestamp
    let evidence: Evidence
    /// Shared by all copies of the adapter.
    let gate = ConfirmationGate()

    /// `now` is the end of the latest statement.
    public init(_ settings: TossSettings, transport: any Transport, now: @escaping @Sendable () -> Timestamp) {
        self.settings = settings
        self.now = now
        evidence = Evidence(hiding: [settings.secretKey])
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
            return .unknown(reason: ErrorText.of(error))
        }
    }

    public func find(_ call: ProviderCall) async -> ProviderLookup {
        let path: String
        switch (call.action, call.reference) {
        case (.charge, _): path = "/v1/payments/orders/" + QueryString.encode(call.orderId)
        case (.refund, let reference?): path = "/v1/payments/" + QueryString.encode(reference)
        default: return .absent
        }
        do throws(TransportError) {
            let response = try await get(path)
            switch (response.status, TossFailure.read(response)?.code) {
            case (200, _): return lookup(response, of: call)
            case (404, "NOT_FOUND_PAYMENT") where call.action == .charge: return .absent
            // A known payment that is not found does not prove that no money moved.
            default: return .unknown(reason: evidence.text("Toss", response))
            }
        } catch {
            return ProviderLookup(error)
        }
    }

    func get(_ path: String) async throws(TransportError) -> Response {
        try await endpoint.send(.get, path, headers: ["Authorization": ProviderEndpoint.basic(settings.secretKey)])
    }

    private func confirm(_ call: ProviderCall) async throws -> Response {
        gate.learn(settings.paymentKey.token(for: call))
        return try await post(
            "/v1/payments/confirm",
            TossConfirmation(
                paymentKey: settings.paymentKey.token(for: call), orderId: call.orderId,
                amount: DecimalAmount.decimal(call.money)),
            key: call.idempotencyKey)
    }

    private func cancel(_ reference: String, _ call: ProviderCall) async throws -> Response {
        gate.learn(reference)
        return try await post(
            "/v1/payments/\(QueryString.encode(reference))/cancel",
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
        if response.status == 200 { return lookup(response, of: call).outcome }
        let unclear = evidence.text("Toss", response)
        guard let failure = TossFailure.read(response) else { return .unknown(reason: unclear) }
        switch failure.meaning(status: response.status) {
        case .final: return .refused(reason: failure.reason)
        case .notBegun: return .notSent(reason: unclear, retryAfter: response.retryAfter)
        case .unclear: return .unknown(reason: unclear)
        case .stored: return .storedError(reason: unclear)
        case .pastThisStep:
            let found = await find(call)
            return found == .absent ? .refused(reason: failure.reason) : found.outcome
        }
    }

    private func lookup(_ response: Response, of call: ProviderCall) -> ProviderLookup {
        guard let payment = try? JSON.decode(TossPayment.self, from: response.body) else {
            return .unknown(reason: evidence.text("Toss", response))
        }
        gate.learn(payment.paymentKey)
        return payment.lookup(of: call)
    }
}

extension TossPayment {
    /// Returns the outcome of a call by the payment's status (Toss Payments, "Payment object").
    func lookup(of call: ProviderCall) -> ProviderLookup {
        if call.action == .refund {
            let cancel = cancels?.first { $0.idempotencyKey == call.idempotencyKey }
            return cancel.map { lookup(of: $0) } ?? .absent
        }
        let report = ProviderReport(reference: paymentKey, money: money(totalAmount), orderId: orderId)
        return switch status {
        case "DONE", "CANCELED", "PARTIAL_CANCELED": .succeeded(report)
        case "WAITING_FOR_DEPOSIT": .pending(report)
        // The customer has approved the payment, and no confirmation has taken effect. One may be under way; a repeat
        // with the same key gets its answer.
        case "READY", "IN_PROGRESS": .absent
        case "ABORTED", "EXPIRED": .refused(reason: failure?.code ?? status)
        default: .unknown(reason: "the payment is in the state \(status)")
        }
    }

    /// Classifies by the status of the cancellation; versions of the interface without one list only succeeded ones.
    func lookup(of cancel: Cancel) -> ProviderLookup {
        let report = ProviderReport(reference: name(of: cancel), money: money(cancel.cancelAmount), orderId: orderId)
        return switch cancel.cancelStatus {
        case "DONE": .succeeded(report)
        case nil where status == "CANCELED" || status == "PARTIAL_CANCELED": .succeeded(report)
        case "IN_PROGRESS": .pending(report)
        case "ABORTED": .refused(reason: "the cancellation was aborted")
        default:
            .unknown(reason: "the cancellation is in the state \(cancel.cancelStatus ?? "that Toss does not tell")")
        }
    }

    func name(of cancel: Cancel) -> String {
        cancel.transactionKey ?? cancel.idempotencyKey ?? paymentKey + ".cancel"
    }
}
