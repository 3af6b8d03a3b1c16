import Contracts
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Applies what is learnt of a charge, from whichever side it comes: the call's answer, a callback, a look-up.
/// State and event are in the caller's one transaction.
struct PaymentStep: Sendable {
    let context: ServiceContext
    let payments: Repository<Payment>

    func captured(_ payment: Payment, reference: String, in tx: any Transaction) async throws -> Payment {
        var payment = payment
        let now = context.loop.now
        guard payment.captured(reference: reference, at: now) else { return payment }
        payment = try await payments.update(payment, in: tx)
        try await context.publish(
            PaymentApproved(
                paymentId: payment.id, orderId: payment.orderId, amount: payment.amount, currency: payment.currency,
                approvedAt: now),
            about: payment.orderId, version: payment.version, in: tx)
        return payment
    }

    func refused(_ payment: Payment, reason: String, in tx: any Transaction) async throws -> Payment {
        var payment = payment
        guard payment.refused(reason: reason) else { return payment }
        payment = try await payments.update(payment, in: tx)
        try await context.publish(
            PaymentFailed(paymentId: payment.id, orderId: payment.orderId, reason: reason),
            about: payment.orderId, version: payment.version, in: tx)
        return payment
    }

    func accepted(
        _ payment: Payment, reference: String, checkAfter: Duration, in tx: any Transaction
    ) async throws -> Payment {
        var payment = payment
        guard payment.accepted(reference: reference, checkAt: context.loop.now + checkAfter) else { return payment }
        return try await payments.update(payment, in: tx)
    }

    func unknown(_ payment: Payment, checkAfter: Duration, in tx: any Transaction) async throws -> Payment {
        var payment = payment
        guard payment.outcomeUnknown(checkAt: context.loop.now + checkAfter) else { return payment }
        return try await payments.update(payment, in: tx)
    }
}
