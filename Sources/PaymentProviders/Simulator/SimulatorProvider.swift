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

    public func charge(_ charge: Charge) async -> ChargeOutcome {
        let body = SimulatorChargeRequest(
            orderId: charge.orderId, amount: charge.money.amount, currency: charge.money.currency)
        do {
            let response = try await peer.post(
                "/charges", body, headers: ["Idempotency-Key": charge.idempotencyKey], timeout: timeout)
            switch response.status {
            case 200..<300: return outcome(try JSON.decode(SimulatorCharge.self, from: response.body))
            case 402: return .refused(reason: reason(in: response) ?? "refused by the provider")
            case 429: return .notSent(reason: "the provider takes no more requests now")
            default: return .unknown(reason: "the provider answered \(response.status)")
            }
        } catch let error as TransportError where error.isKnownNotSent {
            return .notSent(reason: error.message)
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    public func find(_ charge: Charge) async -> ChargeLookup {
        do {
            let key = HTTP.Query.encode(charge.idempotencyKey)
            let response = try await peer.send(.get, "/charges?idempotencyKey=\(key)", timeout: timeout)
            switch response.status {
            case 200: return lookup(try JSON.decode(SimulatorCharge.self, from: response.body))
            case 404: return .absent
            default: return .unknown(reason: "the provider answered \(response.status)")
            }
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    public func callback(in request: Request, at time: Timestamp) throws(InvalidCallback) -> ProviderCallback {
        let id: String
        do {
            id = try StandardWebhook.verify(request, secret: secret, at: time)
        } catch {
            throw InvalidCallback(isForged: true, message: "the signature is \(error.rawValue)")
        }
        guard let callback = try? JSON.decode(SimulatorCallback.self, from: request.body) else {
            throw InvalidCallback(isForged: false, message: "the body is not a callback of the simulator")
        }
        let charge = callback.charge
        return ProviderCallback(
            id: id, orderId: charge.orderId, reference: charge.id, money: Money(charge.amount, charge.currency),
            event: callback.type == "charge.captured"
                ? .captured : .refused(reason: charge.reason ?? "refused by the provider"))
    }

    private func outcome(_ charge: SimulatorCharge) -> ChargeOutcome {
        switch charge.status {
        case .pending: .accepted(reference: charge.id)
        case .captured: .captured(reference: charge.id)
        case .refused: .refused(reason: charge.reason ?? "refused by the provider")
        }
    }

    private func lookup(_ charge: SimulatorCharge) -> ChargeLookup {
        switch charge.status {
        case .pending: .pending(reference: charge.id)
        case .captured: .captured(reference: charge.id)
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
