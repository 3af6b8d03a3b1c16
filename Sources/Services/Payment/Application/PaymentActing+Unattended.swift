import Idempotency
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Calls that nobody waits for: what came of them is recorded all the same.
extension PaymentActing {
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
                ["payment": .string(call.payment.id), .error: .error(error)])
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
            try await complete(claim, with: PaymentAnswer.response(payment, attempt: settled), in: tx)
        }
    }
}
