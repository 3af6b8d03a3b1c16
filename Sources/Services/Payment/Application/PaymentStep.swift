import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Applies what is learnt of an attempt, from whichever side it comes: the call's answer, a callback, a look-up, a
/// statement. State, ledger, events and operator tasks are in the caller's one transaction.
struct PaymentStep: Sendable {
    let context: ServiceEnvironment
    let payments: Repository<Payment>
    let ledger: Ledger
    let settings: PaymentSettings
    let calls: PaymentCalls
    let tokens: PaymentTokens
    let tasks: OperatorTasks

    /// Applies the provider's answer, after a comparison of its amount and order with ours. One that does not fit
    /// settles nothing: the outcome of our call stays unknown, or is looked up where something else told it, and a
    /// person is asked.
    func settle(
        _ payment: Payment, attempt: PaymentAttempt, answered outcome: ProviderOutcome, isConfirmed: Bool = false,
        in tx: any Transaction
    ) async throws -> Payment {
        var outcome = outcome
        if let report = outcome.report {
            if let difference = payment.difference(report.money, report.orderId, from: attempt) {
                try await keepApart(difference, report.reference, attempt, of: payment, in: tx)
                if !attempt.isOpen, attempt.verifyAt == nil {
                    var payment = payment
                    _ = payment.lookAgain(at: attempt.id, at: context.loop.now)
                    return try await store(payment, in: tx)
                }
                outcome = .unknown(reason: "the provider tells of \(difference)")
            } else {
                try await fits(attempt, in: tx)
            }
        }
        let news = settings.news(of: outcome, for: attempt, at: context.loop.now, random: context.loop.random())
        return try await settle(payment, attempt: attempt.id, news, isConfirmed: isConfirmed, in: tx)
    }

    func settle(
        _ payment: Payment, attempt id: String, _ news: AttemptNews, isConfirmed: Bool = false,
        in tx: any Transaction
    ) async throws -> Payment {
        let before = payment.attempts.first { $0.id == id }
        var payment = payment
        guard let effects = payment.settle(id, news, at: context.loop.now, isConfirmed: isConfirmed) else {
            return payment
        }
        payment = try await store(payment, in: tx)
        if let settled = payment.attempts.first(where: { $0.id == id }), !settled.isOpen {
            try await tokens.forget(settled, in: tx)
            if settled.verifyAt == nil, settled.checks > 0 || before?.verifyAt != nil {
                // The provider has corrected what it told wrongly before, by whichever way.
                for kind in [OperatorTaskKind.outcomeUnknown, .mismatch] {
                    try await tasks.settle(kind, subject: id, reason: "the outcome is known", in: tx)
                }
            }
        }
        for effect in effects { try await perform(effect, for: payment, in: tx) }
        return payment
    }

    /// The provider certainly never heard of it: as if it had not begun. `false` if it has to go on.
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

    /// Stores a step. What it leaves to be given back is begun in the same transaction, and called for once it is
    /// durable.
    func store(_ payment: Payment, in tx: any Transaction) async throws -> Payment {
        let (payment, back) = try await storeAndBegin(payment, in: tx)
        for attempt in back.begun { calls.add(.init(payment: payment, attempt: attempt), after: tx) }
        return payment
    }

    /// Stores a step for a caller that makes the first of the calls itself.
    func storeAndBegin(_ payment: Payment, in tx: any Transaction) async throws -> (Payment, GiveBack) {
        var payment = payment
        let now = context.loop.now
        let back = payment.giveBack(by: settings.giveBack, at: now, checkAt: settings.firstCheck(from: now)) {
            context.identifiers.next("ATT-")
        }
        payment = try await payments.update(payment, in: tx)
        if let reason = back.exhausted { try await giveUp(payment, reason, in: tx) }
        return (payment, back)
    }

    private func giveUp(_ payment: Payment, _ reason: String, in tx: any Transaction) async throws {
        let open = payment.refundable + payment.strayRests.reduce(0) { $0 + $1.amount }
        try await tasks.open(
            .refundRefused, subject: payment.id, orderId: payment.orderId, paymentId: payment.id,
            evidence: [
                .init("provider", payment.provider), .init("reason", reason),
                .init("amount", "\(open) \(payment.currency.code)"),
                .init("charge", payment.reference ?? "-"),
            ], in: tx)
    }

    private func keepApart(
        _ difference: String, _ reference: String, _ attempt: PaymentAttempt, of payment: Payment,
        in tx: any Transaction
    ) async throws {
        try await tasks.open(
            .mismatch, subject: attempt.id, orderId: payment.orderId, paymentId: payment.id,
            evidence: [
                .init("provider", payment.provider), .init("action", attempt.action.rawValue),
                .init("reference", reference), .init("difference", difference),
            ], in: tx)
    }

    /// Ends what an answer that did not fit began. Only looked for where the attempt was not settled at once, or is
    /// looked up again.
    private func fits(_ attempt: PaymentAttempt, in tx: any Transaction) async throws {
        guard attempt.checks > 0 || attempt.verifyAt != nil else { return }
        try await tasks.settle(.mismatch, subject: attempt.id, reason: "the provider's answers fit now", in: tx)
    }
}
