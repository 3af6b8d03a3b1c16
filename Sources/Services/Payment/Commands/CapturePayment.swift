import HTTP
import Kernel
import PaymentProviders
import REST
import ServiceHost
import Storage

/// Handles `POST /api/payments/{id}/captures`, `/voids` and `/refunds`: steps on a payment that is there. The three
/// commands differ in their action alone.
struct CapturePaymentHandler: Sendable {
    /// The body of the three. What is left out means all of it.
    struct Amount: Codable, Sendable {
        /// Minor units.
        let amount: Int64?
    }
    let executor: AttemptExecutor
    let resource: RestResource<Payment>

    func act(_ action: ProviderAction, _ command: Amount?, _ call: CommandCall) async throws -> Response {
        var errors = FieldErrors()
        errors.require(command?.amount ?? 1 > 0, "amount", "must be greater than 0, in minor units")
        try errors.check()
        let id: String = try call.request.parameter("id")
        call.request.outcomeIsSeen(at: "/payments/\(id)")
        return try await call.answer(
            subject: executor.context.identifiers.next("ATT-")
        ) { attempt, tx -> CommandStart<AttemptExecutor.Begun> in
            var payment = try await resource.item(of: call.request, in: tx)
            guard payment.provider == executor.provider.name else { throw PaymentAnswer.notConfigured(payment) }
            // An earlier try died on the way. What it did at the provider is the resolver's to find out.
            if attempt.isResumed, let known = payment.attempts.first(where: { $0.id == attempt.subject }) {
                return .answer(.complete(try PaymentAnswer.response(payment, attempt: known)))
            }
            try call.request.requireMatch(payment)
            let begun = try begin(action, command?.amount, of: &payment, attemptId: attempt.subject)
            return .accepted(.init(payment: try await executor.payments.update(payment, in: tx), attempt: begun))
        } afterwards: { begun in
            try await executor.perform(begun)
        } record: { outcome, begun, tx in
            try await executor.record(outcome, of: begun, in: tx)
        }
    }

    private func begin(
        _ action: ProviderAction, _ amount: Int64?, of payment: inout Payment, attemptId: String
    ) throws(Problem) -> PaymentAttempt {
        let now = executor.context.loop.now
        do throws(IllegalStep) {
            return try payment.begin(
                action, amount: amount ?? payment.whole(of: action), attemptId: attemptId, idempotencyKey: attemptId,
                at: now, checkAt: executor.settings.firstCheck(from: now))
        } catch {
            throw PaymentAnswer.problem(error)
        }
    }
}

extension Payment {
    /// The amount of an action that names none.
    func whole(of action: ProviderAction) -> Int64 {
        action == .refund ? max(refundable, 1) : amount
    }
}
