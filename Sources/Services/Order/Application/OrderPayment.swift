import Contracts
import Messaging
import ServiceHost
import Storage

/// Asks for an order's payment and records what came of it. Used by the request that places the order and, with the
/// same key, by the settler.
struct OrderPayment: Sendable {
    enum Record: Sendable {
        case stands(Order)
        case rejected(String)
    }
    let context: ServiceContext
    let orders: Repository<Order>
    let call: PaymentCall

    func request(for order: Order) async -> PaymentCall.Outcome {
        await call.request(for: order)
    }

    func record(
        _ outcome: PaymentCall.Outcome, for asked: Order, in tx: any Transaction
    ) async throws -> Record {
        // Events may have moved the order on while payment was answering: what is stored now counts.
        guard var order = try await orders.find(asked.id, in: tx) else {
            return .rejected("it was withdrawn")
        }
        switch outcome {
        case .started(let receipt):
            return .stands(try await apply(receipt, to: &order, in: tx))
        case .notStarted(let reason) where order.paymentStatus == .requiresPayment && order.version == asked.version:
            try await orders.delete(order, in: tx)
            try await context.publish(
                OrderRejected(orderId: order.id, reason: reason), about: order.id, version: order.version + 1, in: tx)
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

    /// The same step, whether payment's answer or its event brings the news first.
    func fail(
        _ order: inout Order, paymentId: String, version: Int64, reason: String?, in tx: any Transaction
    ) async throws -> Order {
        let reason = reason ?? "refused by the provider"
        guard order.paymentFailed(paymentId: paymentId, paymentVersion: version, reason: reason) else { return order }
        let failed = try await orders.update(order, in: tx)
        guard !failed.isGivenUp else { return failed }
        try await context.publish(
            OrderPaymentFailed(order: order.summary, reason: reason), about: order.id, version: failed.version, in: tx)
        return failed
    }
}
