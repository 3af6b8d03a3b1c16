import HTTP
import Idempotency
import Kernel
import PaymentProviders
import REST
import ServiceHost
import Storage

/// `POST /api/payments/{id}/captures`, `/voids` and `/refunds`: steps on a payment that is there.
extension PaymentActing {
    /// The body of the three. What is left out means all of it.
    struct Amount: Codable, Sendable {
        /// Minor units.
        let amount: Int64?
    }

    func act(_ action: ProviderAction, _ request: Request) async throws -> Response {
        let key = try requiredKey(of: request)
        let amount = request.body.isEmpty ? nil : try request.decode(Amount.self).amount
        if let amount, amount <= 0 { throw Problem.invalid("amount", "must be greater than 0, in minor units") }
        return try await run(begin(action, amount: amount, key: key, request))
    }

    private func begin(
        _ action: ProviderAction, amount: Int64?, key: IdempotencyKey, _ request: Request
    ) async throws -> Beginning {
        let newAttempt = context.identifiers.next("ATT-")
        let id = request.parameters["id"] ?? ""
        return try await context.transaction { tx in
            guard var payment = try await payments.find(id, in: tx) else { throw Problem.notFound("payment \(id)") }
            guard payment.provider == provider.name else { throw PaymentAnswer.notConfigured(payment) }
            let claim: IdempotencyClaim
            var attemptId = newAttempt
            switch try await idempotency.begin(key, for: request, subject: newAttempt, lease: lease, in: tx) {
            case .replay(let response): return .replay(response)
            case .started(let started): claim = started
            case .resumed(let resumed, let subject):
                claim = resumed
                attemptId = subject
                if let attempt = payment.attempts.first(where: { $0.id == subject }) {
                    return .known(payment, attempt, claim)
                }
            }
            try request.requireMatch(payment)
            let attempt: PaymentAttempt
            do {
                attempt = try payment.begin(
                    action, amount: amount ?? payment.whole(of: action), attemptId: attemptId,
                    idempotencyKey: attemptId, at: context.loop.now, checkAt: firstCheck)
            } catch let error as IllegalStep {
                throw PaymentAnswer.problem(error)
            }
            return .begun(try await payments.update(payment, in: tx), attempt, claim)
        }
    }
}

/// `GET /api/payments/orders/{orderId}`: reads the present, where a repeated request would be answered with what was
/// known at its first answer.
extension PaymentActing {
    func receipt(_ request: Request) async throws -> Response {
        let orderId: String = try request.parameter("orderId")
        let found = try await payments.first(where: [Condition("orderId", .equal, .text(orderId))])
        guard let payment = found else { throw Problem.notFound("a payment of order \(orderId)") }
        return try .json(PaymentAnswer.receipt(payment))
    }
}

extension Payment {
    /// What an action without an amount is about.
    func whole(of action: ProviderAction) -> Int64 {
        action == .refund ? max(refundable, 1) : amount
    }
}
