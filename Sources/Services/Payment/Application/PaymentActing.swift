import Contracts
import HTTP
import Idempotency
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// The use cases that ask the provider for something: each is durable, with its key, before the provider hears of it.
struct PaymentActing: Sendable {
    let context: ServiceContext
    let payments: Repository<Payment>
    let matching: CallbackMatching
    let idempotency: IdempotencyStore
    let provider: any PaymentProvider
    /// The same provider, behind the breaker and the places of background work.
    let backgroundProvider: any PaymentProvider
    let step: PaymentStep
    let settings: PaymentSettings
    let calls: PaymentCalls
    let tokens: PaymentTokens

    enum Beginning: Sendable {
        case begun(Payment, PaymentAttempt, IdempotencyClaim)
        /// Nothing is to be asked: an earlier try, or a callback that was faster, decided it.
        case known(Payment, PaymentAttempt, IdempotencyClaim)
        case replay(Response)
    }

    /// Runs what `begin` began: the call, and the transaction that records what came of it.
    func run(_ beginning: Beginning) async throws -> Response {
        switch beginning {
        case .replay(let response):
            return response
        case .known(let payment, let attempt, let claim):
            return try await context.transaction { tx in
                let response = try PaymentAnswer.response(payment, attempt: attempt)
                try await idempotency.complete(claim, with: response, in: tx)
                return response
            }
        case .begun(let payment, let attempt, let claim):
            let outcome = await provider.perform(try await tokens.call(for: payment, attempt))
            return try await record(outcome, for: payment, attempt, claim).get()
        }
    }

    func requiredKey(of request: Request) throws -> IdempotencyKey {
        guard let key = try IdempotencyKey(request.headers, client: "", required: true) else {
            throw Problem.invalid(IdempotencyKey.header, "is required")
        }
        return key
    }

    var lease: Duration { settings.callLimit + .seconds(2) }

    /// When the provider is asked, should this process die during the call.
    var firstCheck: Timestamp { settings.firstCheck(from: context.loop.now) }

    private func record(
        _ outcome: ProviderOutcome, for asked: Payment, _ attempt: PaymentAttempt, _ claim: IdempotencyClaim
    ) async throws -> Result<Response, Problem> {
        try await context.transaction { tx -> Result<Response, Problem> in
            // A callback may have been faster than the provider's answer: what is stored now counts.
            guard var payment = try await payments.find(asked.id, in: tx) else {
                throw Problem(status: 409, detail: "payment \(asked.id) was withdrawn")
            }
            let stored = payment.attempts.first { $0.id == attempt.id }
            if case .notSent(let reason, let retryAfter) = outcome,
                try await step.withdraw(attempt, of: payment, in: tx)
            {
                try await idempotency.release(claim, in: tx)
                return .failure(PaymentAnswer.notStarted(reason, retryAfter: retryAfter ?? settings.retry.firstDelay))
            }
            payment = try await step.settle(payment, attempt: stored ?? attempt, answered: outcome, in: tx)
            let settled = payment.attempts.first { $0.id == attempt.id } ?? attempt
            let response = try PaymentAnswer.response(payment, attempt: settled)
            try await complete(claim, with: response, in: tx)
            return .success(response)
        }
    }

    /// A repetition that took over has its own answer. What the provider said counts all the same.
    func complete(_ claim: IdempotencyClaim, with response: Response, in tx: any Transaction) async throws {
        do {
            try await idempotency.complete(claim, with: response, in: tx)
        } catch is IdempotencyError {
            context.log.warning("the lease was lost during the call", ["key": .string(claim.key.value)])
        }
    }
}
