import Contracts
import Kernel
import Messaging
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Applies what is learnt of an attempt, from whichever side it comes: the call's answer, a callback, a look-up. State,
/// ledger and events are in the caller's one transaction.
struct PaymentStep: Sendable {
    let context: ServiceContext
    let payments: Repository<Payment>
    let ledger: Ledger

    func settle(
        _ payment: Payment, attempt id: String, _ news: AttemptNews, in tx: any Transaction
    ) async throws -> Payment {
        var payment = payment
        guard let effects = payment.settle(id, news, at: context.loop.now) else { return payment }
        payment = try await payments.update(payment, in: tx)
        for effect in effects { try await perform(effect, for: payment, in: tx) }
        return payment
    }

    private func perform(_ effect: PaymentEffect, for payment: Payment, in tx: any Transaction) async throws {
        switch effect {
        case .captured(let amount, let attemptId):
            try await book(.capture, amount, attemptId, for: payment, in: tx)
            try await publish(
                PaymentApproved(
                    paymentId: payment.id, orderId: payment.orderId, amount: amount, currency: payment.currency,
                    approvedAt: context.loop.now),
                for: payment, in: tx)
        case .refunded(let amount, let attemptId):
            try await book(.refund, amount, attemptId, for: payment, in: tx)
            try await publish(
                PaymentRefunded(
                    paymentId: payment.id, orderId: payment.orderId, amount: amount,
                    refundedAmount: payment.refundedAmount, currency: payment.currency,
                    isWhole: payment.status == .refunded, refundedAt: context.loop.now),
                for: payment, in: tx)
        case .failed(let reason):
            try await publish(
                PaymentFailed(paymentId: payment.id, orderId: payment.orderId, reason: reason), for: payment, in: tx)
        case .cancelled, .expired:
            try await publish(
                PaymentCancelled(
                    paymentId: payment.id, orderId: payment.orderId, isExpiry: effect == .expired),
                for: payment, in: tx)
        case .authorised:
            try await publish(
                PaymentAuthorised(
                    paymentId: payment.id, orderId: payment.orderId, amount: payment.amount,
                    currency: payment.currency),
                for: payment, in: tx)
        case .refundRefused(let reason):
            context.log.warning("refund refused", ["payment": .string(payment.id), "reason": .string(reason)])
        case .contradiction(let attemptId):
            context.log.error(
                "the provider contradicts itself", ["payment": .string(payment.id), "attempt": .string(attemptId)])
        }
    }

    private func book(
        _ kind: LedgerBooking.Kind, _ amount: Int64, _ attemptId: String, for payment: Payment, in tx: any Transaction
    ) async throws {
        let booking = LedgerBooking(
            transactionId: attemptId, kind: kind, paymentId: payment.id, orderId: payment.orderId,
            money: Money(amount, payment.currency))
        try await ledger.book(booking, in: tx)
    }

    private func publish(
        _ event: some EventPayload, for payment: Payment, in tx: any Transaction
    ) async throws {
        try await context.publish(event, about: payment.orderId, version: payment.version, in: tx)
    }
}
