import Contracts
import HTTP
import Idempotency
import Kernel
import PaymentProviders
import REST
import ServiceHost
import Storage

/// `POST /api/payments/cancellations`: gives back what was taken or reserved for an order, and keeps a payment from being
/// begun for it. That it was asked for is durable before anything else, also where the answer is "not decided": then
/// `PaymentStep` gives it back as soon as it is known what was taken.
extension PaymentActing {
    private enum Start: Sendable {
        case answered(Response)
        case asks(Payment, PaymentAttempt, IdempotencyClaim)
    }

    func cancel(_ request: Request, _ command: CancelPayment) async throws -> Response {
        let key = try requiredKey(of: request)
        guard ResourceIdentifier.isValid(command.orderId) else {
            throw Problem.invalid("orderId", "must be 1 to 64 letters, digits, or - . _ ~")
        }
        switch try await start(command.orderId, key: key, request) {
        case .answered(let response): return response
        case .asks(let payment, let attempt, let claim):
            let outcome = await provider.perform(payment.call(for: attempt))
            return try await context.transaction { tx in
                guard let stored = try await payments.find(payment.id, in: tx) else {
                    throw Problem(status: 409, detail: "payment \(payment.id) is gone")
                }
                let asked = stored.attempts.first { $0.id == attempt.id } ?? attempt
                let settled = try await step.settle(stored, attempt: asked, answered: outcome, in: tx)
                return try await answer(settled, claim, in: tx)
            }
        }
    }

    private func start(_ orderId: String, key: IdempotencyKey, _ request: Request) async throws -> Start {
        let newPayment = context.identifiers.next("PAY-")
        return try await context.transaction { tx in
            let claim: IdempotencyClaim
            switch try await idempotency.begin(key, for: request, subject: orderId, lease: lease, in: tx) {
            case .replay(let response): return .answered(response)
            case .started(let started): claim = started
            case .resumed(let resumed, _): claim = resumed
            }
            let found = try await requested(orderId, newId: newPayment, in: tx)
            guard case .toGiveBack = found.cancellation else {
                return .answered(try await answer(found, claim, in: tx))
            }
            guard found.provider == provider.name else {
                try await idempotency.release(claim, in: tx)
                return .answered(PaymentAnswer.notConfigured(found).response())
            }
            // Not begun anew while the provider's last refusal is fresh: that is done by itself.
            let (payment, back) = try await step.storeAndBegin(found, in: tx)
            for attempt in back.begun.dropFirst() { calls.add(.init(payment: payment, attempt: attempt), after: tx) }
            guard let first = back.begun.first else { return .answered(try await answer(payment, claim, in: tx)) }
            return .asks(payment, first, claim)
        }
    }

    /// The order's payment, or what stands for it, with the cancellation noted on it.
    private func requested(_ orderId: String, newId: String, in tx: any Transaction) async throws -> Payment {
        if var payment = try await payments.first(where: [Condition("orderId", .equal, .text(orderId))], in: tx) {
            return payment.requestCancellation(at: context.loop.now)
                ? try await payments.update(payment, in: tx) : payment
        }
        let payment = try await payments.insert(
            .neverBegun(id: newId, orderId: orderId, provider: provider.name, at: context.loop.now), in: tx)
        return try await matching.applyEarly(to: payment, in: tx) ?? payment
    }

    /// 200 once all is given back; until then the key is free for who asks again.
    private func answer(
        _ payment: Payment, _ claim: IdempotencyClaim, in tx: any Transaction
    ) async throws -> Response {
        let response = try PaymentAnswer.cancellation(payment, retryAfter: settings.retry.firstDelay)
        if response.isSuccess {
            try await complete(claim, with: response, in: tx)
        } else {
            // Whoever took over has the key now.
            do { try await idempotency.release(claim, in: tx) } catch is IdempotencyError {}
        }
        return response
    }
}
