import Contracts
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Finds out what became of attempts that were not confirmed: asks the provider after 2 s, 4 s, 8 s, and then less and less
/// often, until it is known. What stays unknown for too long becomes an operator task, and is still asked for; it is never
/// guessed. Begins again what is to be given back and was refused.
struct ResolvePayments: Sendable {
    let context: ServiceEnvironment
    let payments: Repository<Payment>
    let provider: any PaymentProvider
    let step: PaymentStep
    let settings: PaymentSettings
    let tokens: PaymentTokens

    var job: Job<Payment> {
        Job(
            "resolve payments", in: payments, context,
            JobPlan(due: "checkAt", every: settings.resolveInterval, atOnce: settings.unattendedCalls, batch: 256),
            work: look)
    }

    private func look(at payment: Payment) async throws {
        guard payment.provider == provider.name else { return try await handOver(payment) }
        let now = context.loop.now
        for attempt in payment.attempts where attempt.isOpen && attempt.checkAt <= now {
            try await resolve(payment, attempt)
        }
        for attempt in payment.attempts where attempt.verifyAt.map({ $0 <= now }) == true {
            try await verify(payment, attempt)
        }
        if let due = payment.giveBackAt, due <= now {
            return try await context.transaction { tx in
                guard let payment = try await payments.find(payment.id, in: tx) else { return }
                _ = try await step.store(payment, in: tx)
            }
        }
        if payment.status == .authorised, !payment.attempts.contains(where: \.isOpen),
            payment.expiresAt.map({ $0 <= now }) == true
        {
            try await expire(payment)
        }
    }

    /// Another provider than the one that is configured now has it: to ask this one would charge twice.
    private func handOver(_ payment: Payment) async throws {
        try await context.transaction { tx in
            guard var payment = try await payments.find(payment.id, in: tx) else { return }
            try await step.open(
                .otherProvider, payment.id, payment,
                [("status", payment.status.rawValue), ("reference", payment.reference ?? "-")], in: tx)
            payment.postpone(until: context.loop.now + .seconds(3600))
            try await payments.update(payment, in: tx)
        }
    }

    private func resolve(_ payment: Payment, _ attempt: PaymentAttempt) async throws {
        let call = try await tokens.call(for: payment, attempt)
        if attempt.state != .accepted { context.countRetry(of: settings.provider.destination) }
        let lookup = await provider.find(call)
        var outcome = lookup.outcome
        if lookup == .absent {
            if let reason = neverMade(payment, attempt) {
                outcome = .refused(reason: reason)
            } else if attempt.hasStoredError == true {
                // Sent again, it would get the stored error again, and be made once the provider forgets it.
                outcome = .storedError(reason: "the provider stored an error for the key")
            } else {
                // The first call may still be under way. From here on its "not sent" no longer means that nothing was
                // sent.
                guard try await markUnknown(payment, attempt) else { return }
                // The key makes a late first one and this one the same.
                outcome = await provider.perform(call)
            }
        }
        try await record(outcome, payment, attempt)
    }

    /// Why a call that the provider does not know is not made any more; `nil` if it is still wanted. Should it come about
    /// all the same, it is adopted and given back.
    private func neverMade(_ payment: Payment, _ attempt: PaymentAttempt) -> String? {
        let takes = attempt.action != .refund && attempt.action != .void
        if takes, payment.cancellationRequestedAt != nil { return "never made: the order was cancelled before" }
        let age = context.loop.now - attempt.startedAt
        if attempt.hasStoredError == true, age > settings.abandonAfter {
            return "never made: the provider stored an error for it"
        }
        return nil
    }

    private func record(_ outcome: ProviderOutcome, _ payment: Payment, _ attempt: PaymentAttempt) async throws {
        try await context.transaction { tx in
            guard let payment = try await payments.find(payment.id, in: tx) else {
                context.log.error(
                    "a payment is gone while it was asked for", metadata: ["payment": .string(payment.id)])
                return
            }
            guard let stored = payment.attempts.first(where: { $0.id == attempt.id }), stored.isOpen else { return }
            let settled = try await step.settle(
                payment, attempt: stored, answered: outcome, isConfirmed: true, in: tx)
            guard settled.attempts.contains(where: { $0.id == attempt.id && $0.isOpen }) else { return }
            guard context.loop.now - stored.startedAt > settings.operatorAfter else { return }
            try await step.open(
                .outcomeUnknown, attempt.id, settled,
                [
                    ("action", attempt.action.rawValue), ("amount", "\(attempt.amount) \(settled.currency.code)"),
                    ("startedAt", "\(attempt.startedAt)"), ("reference", stored.reference ?? "-"),
                ], in: tx)
        }
    }

    /// Two messages about it disagreed: what the provider answers now counts.
    private func verify(_ payment: Payment, _ attempt: PaymentAttempt) async throws {
        let lookup = await provider.find(try await tokens.call(for: payment, attempt))
        // What is not known to the provider did not come about.
        let outcome = lookup == .absent ? .refused(reason: "the provider does not know it") : lookup.outcome
        try await context.transaction { tx in
            guard let payment = try await payments.find(payment.id, in: tx),
                let stored = payment.attempts.first(where: { $0.id == attempt.id }), stored.verifyAt != nil
            else { return }
            _ = try await step.settle(payment, attempt: stored, answered: outcome, isConfirmed: true, in: tx)
        }
    }

    /// `false` when the attempt was settled or withdrawn meanwhile.
    private func markUnknown(_ payment: Payment, _ attempt: PaymentAttempt) async throws -> Bool {
        try await context.transaction { tx in
            guard var payment = try await payments.find(payment.id, in: tx),
                let stored = payment.attempts.first(where: { $0.id == attempt.id }), stored.isOpen,
                // Cancelled while it was looked up: not made any more.
                payment.cancellationRequestedAt == nil || stored.action == .refund || stored.action == .void
            else { return false }
            // Another process has moved its time on: its call may still be under way.
            guard stored.checkAt <= context.loop.now else { return false }
            let checkAt = context.loop.now + settings.callLimit
            if stored.state == .requested {
                _ = try await step.settle(payment, attempt: stored.id, .unknown(checkAt: checkAt), in: tx)
            } else if payment.lookAgain(at: stored.id, at: checkAt) {
                try await payments.update(payment, in: tx)
            }
            return true
        }
    }

    /// A reservation that nobody captured goes back to the buyer.
    private func expire(_ payment: Payment) async throws {
        let id = context.identifiers.next("ATT-")
        try await context.transaction { tx in
            guard var payment = try await payments.find(payment.id, in: tx) else { return }
            // Begun only: the next round asks the provider, with a key that is durable by then.
            _ = try? payment.begin(
                .void, amount: payment.amount, attemptId: id, idempotencyKey: id, at: context.loop.now,
                checkAt: context.loop.now, isExpiry: true)
            try await payments.update(payment, in: tx)
        }
    }
}
