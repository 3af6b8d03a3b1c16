import Contracts
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Finds out the outcome of attempts that were not confirmed: asks the provider after 2 s, 4 s, 8 s, and then less and less
/// often, until it is known. An outcome that stays unknown for too long becomes an operator task, and is still asked for; it
/// is never guessed. Tries refused refunds again, and gives up reservations that nobody captured.
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

    /// Opens a task about a payment of another provider than the configured one, which would charge twice if it were asked.
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
                // A repeated call would get the stored error again, and would be made once the provider forgets the error.
                outcome = .storedError(reason: "the provider stored an error for the key")
            } else {
                // The first call may still be under way. Once the attempt is unknown, the outcome "not sent" of that call no
                // longer withdraws it.
                guard try await markUnknown(payment, attempt) else { return }
                // Because of the key, a late first call and this one have one effect.
                outcome = await provider.perform(call)
            }
        }
        try await record(outcome, payment, attempt)
    }

    /// Returns why a call that the provider does not know is not made any more; `nil` if it is still wanted. If the provider
    /// makes it all the same, the movement is adopted and given back.
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

    /// Asks the provider which of two contradicting messages about an attempt holds.
    private func verify(_ payment: Payment, _ attempt: PaymentAttempt) async throws {
        let lookup = await provider.find(try await tokens.call(for: payment, attempt))
        // The provider did not make a call that it does not know.
        let outcome = lookup == .absent ? .refused(reason: "the provider does not know it") : lookup.outcome
        try await context.transaction { tx in
            guard let payment = try await payments.find(payment.id, in: tx),
                let stored = payment.attempts.first(where: { $0.id == attempt.id }), stored.verifyAt != nil
            else { return }
            _ = try await step.settle(payment, attempt: stored, answered: outcome, isConfirmed: true, in: tx)
        }
    }

    /// Marks an attempt as unknown before its call is repeated. Returns `false` if it is not to be repeated, because it was
    /// settled, withdrawn or cancelled meanwhile.
    private func markUnknown(_ payment: Payment, _ attempt: PaymentAttempt) async throws -> Bool {
        try await context.transaction { tx in
            guard var payment = try await payments.find(payment.id, in: tx),
                let stored = payment.attempts.first(where: { $0.id == attempt.id }), stored.isOpen,
                // A call that was cancelled during the look-up is not made any more.
                payment.cancellationRequestedAt == nil || stored.action == .refund || stored.action == .void
            else { return false }
            // Another process has postponed the check, and its call may still be under way.
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

    /// Gives up a reservation that nobody captured. If the void cannot be begun, a person decides, and it is not tried
    /// again and again.
    private func expire(_ payment: Payment) async throws {
        let id = context.identifiers.next("ATT-")
        try await context.transaction { tx in
            // Another process may have been faster.
            guard var payment = try await payments.find(payment.id, in: tx), payment.status == .authorised,
                payment.expiresAt.map({ $0 <= context.loop.now }) == true
            else { return }
            do throws(IllegalStep) {
                // The void is only begun here. The next round calls the provider, with a key that is durable by then.
                _ = try payment.begin(
                    .void, amount: payment.amount, attemptId: id, idempotencyKey: id, at: context.loop.now,
                    checkAt: context.loop.now, isExpiry: true)
            } catch {
                // A step that is under way decides first, and has a due time of its own.
                guard !payment.attempts.contains(where: \.isOpen) else { return }
                payment.expiryFailed()
                payment = try await payments.update(payment, in: tx)
                let reason = "giving it up was not begun: \(ErrorText.of(error))"
                return try await step.perform(.reservationKept(reason: reason), for: payment, in: tx)
            }
            try await payments.update(payment, in: tx)
        }
    }
}
