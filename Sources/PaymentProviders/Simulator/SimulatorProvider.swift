public import HTTP
public import Kernel
public import ServiceHost
public import Webhooks

/// Speaks to Sambal's own provider simulator.
public struct SimulatorProvider: PaymentProvider {
    public let name = "simulator"
    private let client: ServiceClient
    private let secret: WebhookSecret
    private let timeout: Duration
    private let evidence = Evidence(hiding: [])

    public init(client: ServiceClient, secret: WebhookSecret, timeout: Duration) {
        self.client = client
        self.secret = secret
        self.timeout = timeout
    }

    public func perform(_ call: ProviderCall) async -> ProviderOutcome {
        let body = SimulatorChargeRequest(
            action: call.action, orderId: call.orderId, amount: call.money.amount, currency: call.money.currency,
            chargeId: call.reference)
        do {
            let response = try await client.post(
                "/charges", body, headers: ["Idempotency-Key": call.idempotencyKey], timeout: timeout)
            if 200..<300 ~= response.status { return try lookup(response).outcome }
            let unclear = evidence.text("the simulator", response)
            guard let problem = Problem(response), problem.status == response.status else {
                return .unknown(reason: unclear)
            }
            switch response.status {
            case 400, 402, 422: return .refused(reason: problem.detail ?? unclear)
            case 429: return .notSent(reason: unclear, retryAfter: response.retryAfter)
            default: return .unknown(reason: unclear)
            }
        } catch let error as TransportError {
            return ProviderOutcome(error)
        } catch {
            return .unknown(reason: ErrorText.of(error))
        }
    }

    public func find(_ call: ProviderCall) async -> ProviderLookup {
        do {
            let response = try await found(call)
            if response.status == 200 { return try lookup(response) }
            return isAbsent(response) ? .absent : .unknown(reason: evidence.text("the simulator", response))
        } catch {
            return .unknown(reason: ErrorText.of(error))
        }
    }

    private func found(_ call: ProviderCall) async throws(TransportError) -> Response {
        let key = QueryString.encode(call.idempotencyKey)
        return try await client.send(.get, "/charges?idempotencyKey=\(key)", timeout: timeout)
    }

    /// A 404 by anybody else tells nothing.
    private func isAbsent(_ response: Response) -> Bool { response.status == 404 && Problem(response)?.status == 404 }

    public func callback(in request: Request, at time: Timestamp) async throws(InvalidCallback) -> ProviderCallback {
        let id: String
        do {
            id = try StandardWebhook.verify(request, secret: secret, at: time)
        } catch {
            throw InvalidCallback(.forged, "the signature is \(error.rawValue)")
        }
        guard let callback = try? JSON.decode(SimulatorCallback.self, from: request.body) else {
            throw InvalidCallback(.unreadable, "the body is not a callback of the simulator")
        }
        return callback.read(id: id)
    }

    public func statement(
        in window: StatementWindow, after cursor: String?
    ) async throws(ProviderError) -> StatementPage {
        let after = cursor.map { "&after=" + QueryString.encode($0) } ?? ""
        let page = try await movements("from=\(window.start.milliseconds)&to=\(window.end.milliseconds)\(after)")
        return StatementPage(lines: page.lines.compactMap(\.line), next: page.next)
    }

    public func movements(of charge: ProviderCall) async throws(ProviderError) -> [StatementLine] {
        guard let id = try await identifier(of: charge) else { return [] }
        return try await movements("chargeId=" + QueryString.encode(id)).lines.compactMap(\.line)
    }

    private func identifier(of charge: ProviderCall) async throws(ProviderError) -> String? {
        if let reference = charge.reference { return reference }
        let response: Response
        do throws(TransportError) { response = try await found(charge) } catch { throw ProviderError(error.message) }
        if isAbsent(response) { return nil }
        guard let found = try? JSON.decode(SimulatorCharge.self, from: response.body) else {
            throw ProviderError(evidence.text("the simulator", response))
        }
        return found.id
    }

    private func movements(_ query: String) async throws(ProviderError) -> SimulatorMovements {
        let response: Response
        do throws(TransportError) {
            response = try await client.send(.get, "/movements?\(query)", timeout: timeout)
        } catch {
            throw ProviderError(error.message)
        }
        guard response.status == 200, let page = try? JSON.decode(SimulatorMovements.self, from: response.body) else {
            throw ProviderError(evidence.text("the simulator", response))
        }
        return page
    }

    private func lookup(_ response: Response) throws -> ProviderLookup {
        let charge = try JSON.decode(SimulatorCharge.self, from: response.body)
        return switch charge.status {
        case .pending: .pending(charge.report)
        case .authorised, .captured, .voided, .refunded: .succeeded(charge.report)
        case .refused: .refused(reason: charge.reason ?? "refused by the provider")
        case .failed, .disputed: .unknown(reason: "\(charge.id) is no call")
        }
    }
}

extension SimulatorCallback {
    fileprivate func read(id: String) -> ProviderCallback {
        ProviderCallback(
            id: id, orderId: charge.orderId, reference: charge.chargeId ?? charge.id,
            refundReference: charge.chargeId == nil || charge.stage != nil ? nil : charge.id,
            idempotencyKey: charge.idempotencyKey, money: Money(charge.amount, charge.currency), event: event)
    }

    private var event: ProviderCallback.Event {
        if let stage = charge.stage { return .disputed(id: charge.about ?? charge.id, stage) }
        guard let action = charge.action.asked, charge.status != .pending else { return .other(type) }
        return charge.status == .refused
            ? .refused(action, reason: charge.reason ?? "refused by the provider") : .succeeded(action)
    }
}

extension SimulatorCharge {
    fileprivate var report: ProviderReport {
        ProviderReport(reference: id, money: Money(amount, currency), orderId: orderId)
    }

    /// Only of what moved money.
    fileprivate var line: StatementLine? {
        let kind: StatementLine.Kind? =
            switch (action, status, stage) {
            case (.charge, .captured, _), (.capture, .captured, _): .capture
            case (.refund, .refunded, _): .refund
            case (.refundFailure, .failed, _): .refundFailure
            case (.dispute, _, .fundsWithdrawn): .dispute
            case (.dispute, _, .fundsReinstated): .disputeReversal
            default: nil
            }
        guard let kind, amount > 0 else { return nil }
        return StatementLine(
            reference: about ?? id, orderId: orderId, kind: kind, money: Money(amount, currency),
            chargeReference: chargeId ?? id, idempotencyKey: idempotencyKey, movedAt: movedAt)
    }
}
