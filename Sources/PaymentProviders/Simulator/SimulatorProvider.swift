public import HTTP
public import Kernel
public import ServiceHost
public import Webhooks

/// Speaks to Sambal's own provider simulator.
public struct SimulatorProvider: PaymentProvider {
    public let name = "simulator"
    private let peer: Peer
    private let secret: WebhookSecret
    private let timeout: Duration

    public init(peer: Peer, secret: WebhookSecret, timeout: Duration) {
        self.peer = peer
        self.secret = secret
        self.timeout = timeout
    }

    public func perform(_ call: ProviderCall) async -> ProviderOutcome {
        let body = SimulatorChargeRequest(
            action: call.action, orderId: call.orderId, amount: call.money.amount, currency: call.money.currency,
            chargeId: call.reference)
        do {
            let response = try await peer.post(
                "/charges", body, headers: ["Idempotency-Key": call.idempotencyKey], timeout: timeout)
            switch response.status {
            case 200..<300: return try lookup(response).outcome
            case 400, 402, 409, 422: return .refused(reason: reason(in: response) ?? "refused by the provider")
            case 429:
                let seconds = response.headers["Retry-After"].flatMap { Int64($0) }.map { min(max($0, 0), 3600) }
                return .notSent(
                    reason: "the provider takes no more requests now", retryAfter: seconds.map { .seconds($0) })
            default: return .unknown(reason: "the provider answered \(response.status)")
            }
        } catch let error as TransportError where error.isKnownNotSent {
            return .notSent(reason: error.message, retryAfter: nil)
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    public func find(_ call: ProviderCall) async -> ProviderLookup {
        do {
            let key = HTTP.Query.encode(call.idempotencyKey)
            let response = try await peer.send(.get, "/charges?idempotencyKey=\(key)", timeout: timeout)
            switch response.status {
            case 200: return try lookup(response)
            case 404: return .absent
            default: return .unknown(reason: "the provider answered \(response.status)")
            }
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

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
        let charge = callback.charge
        return ProviderCallback(
            id: id, orderId: charge.orderId, reference: charge.chargeId ?? charge.id,
            refundReference: charge.chargeId == nil ? nil : charge.id, idempotencyKey: charge.idempotencyKey,
            money: Money(charge.amount, charge.currency),
            event: charge.status == .refused
                ? .refused(charge.action, reason: charge.reason ?? "refused by the provider")
                : .succeeded(charge.action))
    }

    public func statement(
        in window: StatementWindow, after cursor: String?
    ) async throws(ProviderError) -> StatementPage {
        let page = cursor.flatMap { Int($0) } ?? 0
        let response: Response
        do {
            response = try await peer.send(.get, "/statement?size=1000&sort=chargedAt&page=\(page)", timeout: timeout)
        } catch {
            throw ProviderError(error.message)
        }
        guard let statement = try? JSON.decode(SimulatorStatement.self, from: response.body) else {
            throw ProviderError("the provider's statement cannot be read (status \(response.status))")
        }
        return StatementPage(
            lines: statement._embedded.charges.compactMap(\.line),
            next: page + 1 < statement.page.totalPages ? String(page + 1) : nil)
    }

    private func lookup(_ response: Response) throws -> ProviderLookup {
        let charge = try JSON.decode(SimulatorCharge.self, from: response.body)
        return switch charge.status {
        case .pending: .pending(reference: charge.id)
        case .authorised, .captured, .voided, .refunded: .succeeded(reference: charge.id)
        case .refused: .refused(reason: charge.reason ?? "refused by the provider")
        }
    }

    private struct Refusal: Decodable {
        let detail: String?
    }

    private func reason(in response: Response) -> String? {
        (try? JSON.decode(Refusal.self, from: response.body))?.detail
    }
}

extension ProviderLookup {
    /// An answer that says how it stands is worth as much as a look-up.
    public var outcome: ProviderOutcome {
        switch self {
        case .succeeded(let report): .succeeded(report)
        case .refused(let reason): .refused(reason: reason)
        case .pending(let report): .accepted(report)
        case .absent: .unknown(reason: "the provider has no such call")
        case .unknown(let reason): .unknown(reason: reason)
        }
    }
}

private struct SimulatorStatement: Decodable {
    struct Embedded: Decodable {
        let charges: [Charge]
    }
    struct Numbers: Decodable {
        let totalPages: Int
    }
    struct Charge: Decodable {
        let id: String
        let action: SimulatorAction
        let orderId: String
        let amount: Int64
        let currency: Currency
        let status: SimulatorCharge.Status

        /// Only what moved money.
        var line: StatementLine? {
            let kind: StatementLine.Kind? =
                switch (action, status) {
                case (.charge, .captured), (.capture, .captured): .capture
                case (.refund, .refunded): .refund
                default: nil
                }
            return kind.map { StatementLine(reference: id, orderId: orderId, kind: $0, money: Money(amount, currency)) }
        }
    }
    let _embedded: Embedded
    let page: Numbers
}
