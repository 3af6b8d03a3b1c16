import Contracts
import HTTP
import Kernel
import PaymentProviders
import REST
import ServiceHost
import Storage

/// Handles `POST /api/payments/cancellations`: gives back the money that was taken or reserved for an order, and keeps a
/// payment from being begun for it. The cancellation is durable before anything else, also if the answer is "not decided":
/// `PaymentStep` then gives the money back as soon as the outcome is known.
struct CancelPaymentHandler: Sendable {
    let executor: AttemptExecutor
    let matching: MatchCallbacks
    let calls: PaymentCalls
    private var payments: Repository<Payment> { executor.payments }
    private var provider: any PaymentProvider { executor.provider }
    private var step: PaymentStep { executor.step }

    func cancel(_ command: CancelPayment, _ call: CommandCall) async throws -> Response {
        var errors = FieldErrors()
        errors.require(identifier: command.orderId, "orderId")
        try errors.check()
        call.request.outcomeIsSeen(at: PaymentAPI.payment(orderId: command.orderId))
        let newPayment = executor.context.identifiers.next("PAY-")
        return try await call.answer(subject: command.orderId) { _, tx -> CommandStart<AttemptExecutor.Begun> in
            try await begin(command.orderId, newId: newPayment, in: tx)
        } afterwards: { begun in
            try await executor.perform(begun)
        } record: { outcome, begun, tx in
            guard let stored = try await payments.find(begun.payment.id, in: tx) else {
                throw Problem(status: 409, detail: "payment \(begun.payment.id) is gone")
            }
            let asked = stored.attempts.first { $0.id == begun.attempt.id } ?? begun.attempt
            return try answer(try await step.settle(stored, attempt: asked, answered: outcome, in: tx))
        }
    }

    private func begin(
        _ orderId: String, newId: String, in tx: any Transaction
    ) async throws -> CommandStart<AttemptExecutor.Begun> {
        let found = try await requested(orderId, newId: newId, in: tx)
        guard case .toGiveBack = found.cancellation else { return .answer(try answer(found)) }
        guard found.provider == provider.name else {
            return .answer(.release(PaymentAnswer.notConfigured(found).response()))
        }
        // Not begun anew while the provider's last refusal is fresh: that is done by itself.
        let (payment, back) = try await step.storeAndBegin(found, in: tx)
        for attempt in back.begun.dropFirst() { calls.add(.init(payment: payment, attempt: attempt), after: tx) }
        guard let first = back.begun.first else { return .answer(try answer(payment)) }
        return .accepted(.init(payment: payment, attempt: first))
    }

    /// Records the cancellation on the order's payment, or on a tombstone if there is none.
    private func requested(_ orderId: String, newId: String, in tx: any Transaction) async throws -> Payment {
        let now = executor.context.loop.now
        if var payment = try await payments.first(where: [.equal("orderId", .text(orderId))], in: tx) {
            return payment.requestCancellation(at: now) ? try await payments.update(payment, in: tx) : payment
        }
        let payment = try await payments.insert(
            .tombstone(id: newId, orderId: orderId, provider: provider.name, at: now), in: tx)
        return try await matching.applyEarly(to: payment, in: tx) ?? payment
    }

    /// Answers 200 once all is given back. Until then the key stays free for a request that asks again.
    private func answer(_ payment: Payment) throws -> CommandAnswer {
        let response = try PaymentAnswer.cancellation(payment, retryAfter: executor.settings.retry.firstDelay)
        return response.isSuccess ? .complete(response) : .release(response)
    }
}
