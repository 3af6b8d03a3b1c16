import Contracts
import HTTP
import Kernel
import ServiceHost

/// Order's synchronous call to payment, and what its outcome means for the order.
struct PaymentCall: Sendable {
    enum Outcome: Sendable {
        case started(PaymentReceipt)
        /// Payment certainly did not start it, and will not: the order does not stand.
        case notStarted(String)
        /// It may have: the order stands, and is settled later with the same key.
        case unknown(String)

        /// That this call did not start the payment says nothing about an earlier one with the same key.
        var afterEarlierTry: Outcome {
            if case .notStarted(let reason) = self { .unknown(reason) } else { self }
        }
    }
    let payment: Peer
    let timeout: Duration

    func request(for order: Order) async -> Outcome {
        let body = RequestPayment(orderId: order.id, amount: order.amount, currency: order.currency)
        do {
            let response = try await payment.post(
                PaymentAPI.path, body, headers: ["Idempotency-Key": PaymentAPI.idempotencyKey(orderId: order.id)],
                timeout: timeout)
            return try outcome(of: response)
        } catch let error as TransportError where error.isKnownNotSent {
            return .notStarted(error.message)
        } catch {
            return .unknown(ErrorText.of(error))
        }
    }

    private func outcome(of response: Response) throws -> Outcome {
        if response.isSuccess {
            return .started(try JSON.decode(PaymentReceipt.self, from: response.body))
        }
        let problem = try? JSON.decode(ProblemBody.self, from: response.body)
        if problem?.type == PaymentAPI.notStarted {
            return .notStarted(problem?.detail ?? "the payment did not start")
        }
        return .unknown("payment answered \(response.status)")
    }

    private struct ProblemBody: Decodable {
        let type: String?
        let detail: String?
    }
}
