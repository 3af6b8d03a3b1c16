import Contracts
import HTTP
import Idempotency
import Kernel
import PaymentProviders
import REST
import ServiceHost
import Storage

/// `POST /api/payments`: the one payment of an order.
extension PaymentActing {
    func requestPayment(_ request: Request, _ command: RequestPayment) async throws -> Response {
        let key = try requiredKey(of: request)
        try validate(command)
        return try await run(begin(command, key: key, request))
    }

    private func validate(_ command: RequestPayment) throws {
        var errors: [Problem.Field] = []
        var ids = FieldErrors()
        ids.require(identifier: command.orderId, "orderId")
        errors += ids.fields
        if !(1...Money.limit).contains(command.amount) {
            errors.append(.init(field: "amount", message: "must be from 1 to \(Money.limit), in minor units"))
        }
        if let token = command.paymentToken, !(1...500).contains(token.utf8.count) {
            errors.append(.init(field: "paymentToken", message: "must have 1 to 500 characters"))
        }
        guard errors.isEmpty else { throw Problem.invalid(errors) }
    }

    private func begin(_ command: RequestPayment, key: IdempotencyKey, _ request: Request) async throws -> Beginning {
        let newAttempt = context.identifiers.next("ATT-")
        return try await context.transaction { tx in
            let claim: IdempotencyClaim
            var attemptId = newAttempt
            switch try await idempotency.begin(key, for: request, subject: newAttempt, lease: lease, in: tx) {
            case .replay(let response): return .replay(response)
            case .started(let started): claim = started
            case .resumed(let resumed, let subject):
                claim = resumed
                attemptId = subject
                // An earlier try died on the way. What it did at the provider is the resolver's to find out.
                if let (payment, attempt) = try await standing(command.orderId, subject, in: tx) {
                    return .known(payment, attempt, claim)
                }
            }
            let (payment, attempt) = try await begun(
                command.orderId, Money(command.amount, command.currency),
                command.capture == .manual ? .authorise : .charge, attemptId: attemptId, key: key.value,
                token: command.paymentToken, in: tx)
            // If a callback that was faster tells of this very charge, the provider must not be asked again.
            let current = try await matching.applyEarly(to: payment, in: tx) ?? payment
            let known = current.attempts.first { $0.id == attempt.id } ?? attempt
            return known.isOpen ? .begun(current, known, claim) : .known(current, known, claim)
        }
    }

    /// The order's payment with its first attempt, durable before the provider hears of it.
    func begun(
        _ orderId: String, _ money: Money, _ action: ProviderAction, attemptId: String, key: String,
        token: String? = nil, in tx: any Transaction
    ) async throws -> (Payment, PaymentAttempt) {
        let now = context.loop.now
        var payment = Payment(
            id: context.identifiers.next("PAY-"), orderId: orderId, money: money, provider: provider.name,
            requestedAt: now)
        let attempt = try payment.begin(
            action, amount: money.amount, attemptId: attemptId, idempotencyKey: key, at: now, checkAt: firstCheck,
            hasPaymentToken: token != nil)
        if let token { try await tokens.keep(token, for: attempt, in: tx) }
        if action == .authorise { payment.expiresAt = now + settings.authorisationExpiry }
        return (try await insert(payment, in: tx), attempt)
    }

    private func standing(
        _ orderId: String, _ attemptId: String, in tx: any Transaction
    ) async throws -> (Payment, PaymentAttempt)? {
        let payment = try await payments.first(where: [Condition("orderId", .equal, .text(orderId))], in: tx)
        guard let payment, let attempt = payment.attempts.first(where: { $0.id == attemptId }) else { return nil }
        return (payment, attempt)
    }

    private func insert(_ payment: Payment, in tx: any Transaction) async throws -> Payment {
        do {
            return try await payments.insert(payment, in: tx)
        } catch let error as StorageError where error.code == .duplicate(field: "orderId") {
            let standing = try await payments.first(
                where: [Condition("orderId", .equal, .text(payment.orderId))], in: tx)
            guard standing?.cancellationRequestedAt == nil else {
                throw Problem(
                    status: 409, detail: "order \(payment.orderId) was cancelled", type: PaymentAPI.cancelled)
            }
            throw Problem(status: 409, detail: "order \(payment.orderId) already has a payment under another key")
        }
    }
}
