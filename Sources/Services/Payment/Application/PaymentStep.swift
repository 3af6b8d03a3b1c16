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
    let settings: PaymentSettings
    let calls: PaymentCalls
    let tokens: PaymentTokens

    func settle(
        _ payment: Payment, attempt id: String, _ news: AttemptNews, in tx: any Transaction
    ) async throws -> Payment {
        var payment = payment
        guard let effects = payment.settle(id, news, at: context.loop.now) else { return payment }
        payment = try await store(payment, in: tx)
        if let settled = payment.attempts.first(where: { $0.id == id }), !settled.isOpen {
            try await tokens.forget(settled, in: tx)
        }
        for effect in effects { try await perform(effect, for: payment, in: tx) }
        return payment
    }

    /// The provider certainly never heard of it: as if it had not begun. `false` where it has to go on.
    func withdraw(_ attempt: PaymentAttempt, of payment: Payment, in tx: any Transaction) async throws -> Bool {
        var payment = payment
        guard payment.withdraw(attempt: attempt.id) else { return false }
        try await tokens.forget(attempt, in: tx)
        if payment.attempts.isEmpty, payment.cancellationRequestedAt == nil {
            try await payments.delete(payment, in: tx)
        } else {
            _ = try await store(payment, in: tx)
        }
        return true
    }

    /// What a step leaves to be given back is begun in the same transaction.
    private func store(_ payment: Payment, in tx: any Transaction) async throws -> Payment {
        var payment = payment
        let now = context.loop.now
        let attempt = payment.giveBack(
            attemptId: context.identifiers.next("ATT-"), at: now, checkAt: settings.firstCheck(from: now))
        payment = try await payments.update(payment, in: tx)
        if let attempt { calls.add(.init(payment: payment, attempt: attempt), in: tx) }
        return payment
    }

    /// Takes over what a callback tells of, where its order was cancelled before a payment was begun; `nil` where it
    /// tells of nothing that can be given back.
    func adopt(_ record: CallbackRecord, for payment: Payment, in tx: any Transaction) async throws -> Payment? {
        var payment = payment
        let id = context.identifiers.next("ATT-")
        guard record.succeeded, let action = record.action,
            let attempt = payment.adopt(
                action, Money(record.amount, record.currency), idempotencyKey: record.idempotencyKey ?? id,
                provider: record.provider, attemptId: id, at: context.loop.now)
        else { return nil }
        context.log.error(
            "money was taken for an order that was cancelled before; it is given back",
            ["payment": .string(payment.id), "order": .string(payment.orderId)])
        return try await settle(payment, attempt: attempt.id, record.news, in: tx)
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
