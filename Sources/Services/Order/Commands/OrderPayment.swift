import Contracts
import HTTP
import Kernel
import Messaging
import ServiceHost
import Storage

/// Requests an order's payment from the payment service and records the outcome: for the request that places the order
/// and, with the same key, for the job that settles it later.
struct OrderPayment: Sendable {
    enum Outcome: Sendable {
        case started(PaymentReceipt)
        /// Payment certainly did not start the payment, and will not, so that the order is rejected.
        case notStarted(String)
        /// Payment may have started it. The order stands, and is settled later with the same key.
        case unknown(String)

        /// The outcome for an order of which an earlier call with the same key may have started the payment.
        var afterEarlierTry: Outcome {
            if case .notStarted(let reason) = self { .unknown(reason) } else { self }
        }
    }
    enum Record: Sendable {
        case stands(Order)
        case rejected(String)
    }
    let orders: Repository<Order>
    let payment: ServiceClient
    let timeout: Duration

    func request(for order: Order) async -> Outcome {
        let body = RequestPayment(orderId: order.id, amount: order.amount, currency: order.currency)
        var headers: Headers = ["Idempotency-Key": PaymentAPI.idempotencyKey(orderId: order.id)]
        for field in OrderScope.fields(owner: order.owner, branchId: order.branchId) {
            headers.add(field.name, field.value)
        }
        do {
            // A customer may not ask for payments, and background work that asks again has no caller.
            let response = try await Caller.acting(for: nil) {
                try await payment.post(PaymentAPI.path, body, headers: headers, timeout: timeout)
            }
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

extension OrderPayment {
    func record(_ outcome: Outcome, for asked: Order, in tx: any Transaction) async throws -> Record {
        // Events may have moved the order on while payment was answering: what is stored now counts.
        guard var order = try await orders.find(asked.id, in: tx) else {
            return .rejected("it was withdrawn")
        }
        switch outcome {
        case .started(let receipt):
            return .stands(try await apply(receipt, to: &order, in: tx))
        case .notStarted(let reason) where order.paymentStatus == .requiresPayment && order.version == asked.version:
            order.record(OrderRejected(orderId: order.id, reason: reason))
            try await orders.delete(order, in: tx)
            return .rejected(reason)
        case .notStarted, .unknown:
            return .stands(order)
        }
    }

    private func apply(
        _ receipt: PaymentReceipt, to order: inout Order, in tx: any Transaction
    ) async throws -> Order {
        if receipt.status == .failed {
            return try await fail(
                &order, paymentId: receipt.id, version: receipt.version, reason: receipt.reason, in: tx)
        }
        let hasChanged =
            receipt.status == .unknown
            ? order.paymentTakenOver(paymentId: receipt.id) : order.paymentStarted(paymentId: receipt.id)
        guard hasChanged else { return order }
        return try await orders.update(order, in: tx)
    }

    /// Records a refusal by the provider, whether payment's answer or its event reports it first.
    func fail(
        _ order: inout Order, paymentId: String, version: Int64, reason: String?, in tx: any Transaction
    ) async throws -> Order {
        let reason = reason ?? "refused by the provider"
        guard order.paymentFailed(paymentId: paymentId, paymentVersion: version, reason: reason) else { return order }
        return try await orders.update(order, in: tx)
    }
}
