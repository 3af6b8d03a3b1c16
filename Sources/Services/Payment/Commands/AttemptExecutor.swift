import HTTP
import Idempotency
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Makes the provider call of an attempt that is durable, and records the provider's answer.
struct AttemptExecutor: Sendable {
    let context: ServiceEnvironment
    let commands: Commands
    let payments: Repository<Payment>
    let provider: any PaymentProvider
    /// The provider behind the breaker and the places of background work.
    let backgroundProvider: any PaymentProvider
    let step: PaymentStep
    let settings: PaymentSettings
    let tokens: PaymentTokens

    /// An attempt with its payment, as they were stored before the call.
    struct Begun: Sendable {
        let payment: Payment
        let attempt: PaymentAttempt
    }

    /// Makes the call, for a request that waits for its outcome.
    func perform(_ begun: Begun) async throws -> ProviderOutcome {
        await provider.perform(try await tokens.call(for: begun.payment, begun.attempt))
    }

    /// Records the outcome, and returns the answer to the request.
    func record(
        _ outcome: ProviderOutcome, of begun: Begun, in tx: any Transaction
    ) async throws -> CommandAnswer {
        let attempt = begun.attempt
        // A callback may have been faster than the provider's answer: what is stored now counts.
        guard let payment = try await payments.find(begun.payment.id, in: tx) else {
            throw Problem(status: 409, detail: "payment \(begun.payment.id) was withdrawn")
        }
        if case .notSent(let reason, let retryAfter) = outcome,
            try await step.withdraw(attempt, of: payment, in: tx)
        {
            return .release(
                throwing: PaymentAnswer.notStarted(reason, retryAfter: retryAfter ?? settings.retry.firstDelay))
        }
        let stored = payment.attempts.first { $0.id == attempt.id } ?? attempt
        let settled = try await step.settle(payment, attempt: stored, answered: outcome, in: tx)
        return .complete(
            try PaymentAnswer.response(settled, attempt: settled.attempts.first { $0.id == attempt.id } ?? attempt))
    }
}

extension AttemptExecutor {
    /// Makes a call that no request waits for, and records its outcome, with the answer to the request that would ask for
    /// the same.
    func perform(_ call: UnattendedCall) async {
        // If the call has waited for too long, the resolver asks the provider about it first.
        guard context.loop.now < call.attempt.checkAt else { return }
        let isNew = call.attempt.action == .charge || call.attempt.action == .authorise
        let outcome = await (isNew ? provider : backgroundProvider).perform(call.payment.call(for: call.attempt))
        do {
            try await record(outcome, of: call)
        } catch {
            context.log.warning(
                "the outcome of a call could not be recorded; it is asked for again",
                metadata: ["payment": .string(call.payment.id), .error: .error(error)])
        }
    }

    private func record(_ outcome: ProviderOutcome, of call: UnattendedCall) async throws {
        try await context.transaction { tx in
            guard var payment = try await payments.find(call.payment.id, in: tx),
                let stored = payment.attempts.first(where: { $0.id == call.attempt.id })
            else { return }
            payment = try await step.settle(payment, attempt: stored, answered: outcome, in: tx)
            guard let claim = call.claim else { return }
            let settled = payment.attempts.first { $0.id == stored.id } ?? stored
            let response = try PaymentAnswer.response(payment, attempt: settled)
            try await commands.settle(claim, .complete(response), in: tx)
        }
    }
}

/// The queue of attempts that a transaction began and nobody waits for. Each call is made as soon as its attempt is
/// durable. `ResolvePayments` takes up an attempt that finds no room here, or is lost with the process, once its check is
/// due.
typealias PaymentCalls = WorkQueue<UnattendedCall>

/// A call to the provider that no request waits for.
struct UnattendedCall: Sendable {
    let payment: Payment
    /// The durable attempt, with the key that the provider gets.
    let attempt: PaymentAttempt
    /// The claim of the request that would ask for the same, which is completed with the outcome. `nil` if there can be no
    /// such request.
    var claim: IdempotencyClaim?
}

/// The means of payment of requests, stored while their attempts are open, so that a call is identical in every retry
/// and after a restart. They are stored apart from payments, so that no representation, event or log shows one.
struct PaymentTokens: Sendable {
    struct Kept: Entity {
        /// The attempt's identifier.
        let id: String
        var version: Int64 = 0
        let token: String

        static let collection = Collection<Kept>("paymentTokens", fields: [])
    }
    let kept: Repository<Kept>

    func keep(_ token: String, for attempt: PaymentAttempt, in tx: any Transaction) async throws {
        try await kept.insert(Kept(id: attempt.id, token: token), in: tx)
    }

    func call(for payment: Payment, _ attempt: PaymentAttempt) async throws -> ProviderCall {
        guard attempt.hasPaymentToken == true else { return payment.call(for: attempt) }
        guard let token = try await kept.find(attempt.id)?.token else {
            // A call with another token would be another call.
            throw Problem(status: 409, detail: "payment \(payment.id) was decided meanwhile", retryAfter: .seconds(1))
        }
        return payment.call(for: attempt, token: token)
    }

    /// Deletes the token of an attempt that has ended.
    func forget(_ attempt: PaymentAttempt, in tx: any Transaction) async throws {
        if attempt.hasPaymentToken == true { try await kept.delete(id: attempt.id, in: tx) }
    }
}
