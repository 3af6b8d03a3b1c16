import Contracts
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Finds out what became of attempts that were not confirmed: asks the provider with the same key, after 2 s, 4 s, 8 s,
/// and then at the longest of these, until it is known. What stays unknown for too long is put before an operator, and
/// still asked; it is never guessed.
struct PaymentResolver: Sendable {
    let context: ServiceContext
    let payments: Repository<Payment>
    let provider: any PaymentProvider
    let step: PaymentStep
    let settings: PaymentSettings
    let tokens: PaymentTokens

    func run() async throws {
        try await context.repeating(
            every: settings.resolveInterval, failure: "payments could not be resolved this time"
        ) { try await resolveDue() }
    }

    /// As many as there are, batch by batch, but not without end: what cannot be settled stays due.
    func resolveDue() async throws {
        for _ in 0..<Self.batches {
            let due = try await payments.all(
                Query(
                    where: [Condition("checkAt", .lessOrEqual, FieldValue(context.loop.now))],
                    sort: [Sort("checkAt")], limit: Self.batch))
            await due.forEachConcurrently(atMost: settings.unattendedCalls) { await settle($0) }
            guard due.count == Self.batch, !Task.isCancelled else { return }
        }
    }

    private static let (batch, batches) = (256, 20)

    private func settle(_ payment: Payment) async {
        do {
            try await look(at: payment)
        } catch {
            // One that cannot be settled must not hold up the others.
            guard !(error is CancellationError) else { return }
            context.log.warning(
                "a payment could not be resolved this time",
                ["payment": .string(payment.id), .error: .error(error)])
        }
    }

    private func look(at payment: Payment) async throws {
        guard payment.provider == provider.name else { return try await handOver(payment) }
        if payment.status == .authorised, !payment.attempts.contains(where: \.isOpen) {
            return try await expire(payment)
        }
        for attempt in payment.attempts where attempt.isOpen && attempt.checkAt <= context.loop.now {
            try await resolve(payment, attempt)
        }
    }

    /// Another provider than the one that is configured now has it: to ask this one would charge twice.
    private func handOver(_ payment: Payment) async throws {
        try await context.transaction { tx in
            guard var payment = try await payments.find(payment.id, in: tx) else { return }
            if !payment.needsOperator {
                context.log.error(
                    "a payment is open at a provider that is not configured any more",
                    ["payment": .string(payment.id), "provider": .string(payment.provider)])
            }
            payment.needsOperator = true
            payment.postpone(until: context.loop.now + .seconds(3600))
            try await payments.update(payment, in: tx)
        }
    }

    private func resolve(_ payment: Payment, _ attempt: PaymentAttempt) async throws {
        let call = try await tokens.call(for: payment, attempt)
        let lookup = await provider.find(call)
        var outcome = lookup.outcome
        if lookup == .absent {
            // The first call may still be under way. From here on its "not sent" no longer means that nothing was sent.
            guard try await markUnknown(payment, attempt) else { return }
            // The key makes a late first one and this one the same.
            outcome = await provider.perform(call)
        }
        try await context.transaction { [outcome] tx in
            guard var payment = try await payments.find(payment.id, in: tx) else {
                context.log.error("a payment is gone while it was asked for", ["payment": .string(payment.id)])
                return
            }
            guard let stored = payment.attempts.first(where: { $0.id == attempt.id }), stored.isOpen else { return }
            if context.loop.now - stored.startedAt > settings.operatorAfter, !payment.needsOperator {
                payment.needsOperator = true
                payment = try await payments.update(payment, in: tx)
                context.log.error("an attempt is still unknown: look at it", ["payment": .string(payment.id)])
            }
            _ = try await step.settle(
                payment, attempt: stored.id, settings.news(of: outcome, for: stored, at: context.loop.now), in: tx)
        }
    }

    /// `false` when the attempt was settled or withdrawn meanwhile.
    private func markUnknown(_ payment: Payment, _ attempt: PaymentAttempt) async throws -> Bool {
        try await context.transaction { tx in
            guard let payment = try await payments.find(payment.id, in: tx),
                let stored = payment.attempts.first(where: { $0.id == attempt.id }), stored.isOpen
            else { return false }
            guard stored.state == .requested else { return true }
            let checkAt = context.loop.now + settings.callLimit
            _ = try await step.settle(payment, attempt: stored.id, .unknown(checkAt: checkAt), in: tx)
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
