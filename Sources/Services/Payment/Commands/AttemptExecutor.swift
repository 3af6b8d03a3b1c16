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

    /// Asks the provider, then records what it says with the answer to the request.
    ///
    /// `accept` begins the attempt under the identifier of its try. What an earlier try, or a callback that was faster, has
    /// decided already is answered at once.
    func run(
        _ call: CommandCall,
        accept: @escaping @Sendable (CommandCall.Try, any Transaction) async throws -> CommandStart<Begun>
    ) async throws -> Response {
        try await call.answer(subject: context.identifiers.next("ATT-"), accept: accept) { begun in
            await provider.perform(try await tokens.call(for: begun.payment, begun.attempt))
        } record: { outcome, begun, tx in
            try await record(outcome, of: begun, in: tx)
        }
    }

    /// When the provider is asked about an attempt, should this process die during the call.
    var firstCheck: Timestamp { settings.firstCheck(from: context.loop.now) }

    private func record(
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

/// Calls that no request waits for.
extension AttemptExecutor {
    /// Makes the call and records what came of it, with the answer to the request that would ask for the same.
    func perform(_ call: UnattendedCall) async {
        // Waited for too long: the resolver asks the provider about it first.
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

/// Attempts that a transaction began and nobody waits for. Each is called for as soon as it is durable; what finds no
/// room here, or is lost with the process, `ResolvePayments` takes up when its time to be checked has come.
typealias PaymentCalls = WorkQueue<UnattendedCall>

/// A call to the provider that no request waits for.
struct UnattendedCall: Sendable {
    let payment: Payment
    /// Begun and durable, with the key that the provider gets.
    let attempt: PaymentAttempt
    /// The claim of the request that would ask for the same: completed with the outcome. `nil` if there can be no such
    /// request.
    var claim: IdempotencyClaim?
}
