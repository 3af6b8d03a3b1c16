import Contracts
import FoundationEssentials
import HTTP
import Idempotency
import Kernel
import PaymentProviders
import REST
import ServiceHost
import Storage
import Telemetry

extension OrderScope {
    /// Reads the fields of a request. Throws a 400 `Problem` that names one that cannot be read.
    init(_ request: Request) throws(Problem) {
        let (owner, branch) = (request.headers[Self.owner], request.headers[Self.branch])
        self.init(owner: owner.flatMap(Principal.init(key:)), branchId: branch.flatMap { Int64($0) })
        var errors = FieldErrors()
        errors.require(
            owner == nil || self.owner != nil, Self.owner, "must be an issuer and a subject with a bar between")
        errors.require(branch == nil || branchId != nil, Self.branch, "must be a number")
        try errors.check()
    }
}

extension RequestPayment {
    func check() throws(Problem) {
        var errors = FieldErrors()
        errors.require(identifier: orderId, "orderId")
        errors.require(
            (1...Money.limit).contains(amount), "amount", "must be from 1 to \(Money.limit), in minor units")
        errors.require(
            (1...500).contains(paymentToken?.utf8.count ?? 1), "paymentToken", "must have 1 to 500 characters")
        try errors.check()
    }
}

/// Handles `POST /api/payments`: begins the one payment of an order, with its attempt, and asks the provider for it.
struct RequestPaymentHandler: Sendable {
    let executor: AttemptExecutor
    let matching: MatchCallbacks
    let calls: PaymentCalls
    private var context: ServiceEnvironment { executor.context }
    private var payments: Repository<Payment> { executor.payments }

    func request(_ command: RequestPayment, _ call: CommandCall) async throws -> Response {
        try command.check()
        call.request.outcomeIsSeen(at: PaymentAPI.payment(orderId: command.orderId))
        let key = try call.requiredKey.value
        let scope = try OrderScope(call.request)
        return try await call.answer(
            subject: context.identifiers.next("ATT-")
        ) { attempt, tx -> CommandStart<AttemptExecutor.Begun> in
            // An earlier try died on the way. The resolver finds out its effect at the provider.
            if attempt.isResumed,
                let known = try await standing(command.orderId, attemptId: attempt.subject, in: tx)
            {
                return .answer(.complete(try PaymentAnswer.response(known.payment, attempt: known.attempt)))
            }
            let begun = try await begin(
                command.orderId, Money(command.amount, command.currency),
                command.capture == .manual ? .authorise : .charge, scope, attemptId: attempt.subject, key: key,
                token: command.paymentToken, in: tx)
            // If a callback that was faster tells of this very charge, the provider must not be asked again.
            guard begun.attempt.isOpen else {
                return .answer(.complete(try PaymentAnswer.response(begun.payment, attempt: begun.attempt)))
            }
            return .accepted(begun)
        } afterwards: { begun in
            try await executor.perform(begun)
        } record: { outcome, begun, tx in
            try await executor.record(outcome, of: begun, in: tx)
        }
    }

    /// Answers `GET` of an order's payment with the present, where a repeated request would be answered with what was
    /// known at its first answer.
    func show(_ request: Request) async throws -> Response {
        let orderId: String = try request.parameter("orderId")
        guard let payment = try await payments.first(where: [.equal("orderId", .text(orderId))]) else {
            throw Problem.notFound("a payment of order \(orderId)")
        }
        return try .json(PaymentAnswer.receipt(payment))
    }

    /// Begins the payment of a choreographed order, which asks for it by having been placed. The attempt is durable
    /// with the event's inbox row; the provider is called right after.
    func orderPlaced(_ order: OrderSummary, in tx: any Transaction) async throws {
        guard order.checkout == .choreographed else { return }
        // An earlier request made the payment, or a tombstone keeps it from being made.
        guard try await payment(ofOrder: order.orderId, in: tx) == nil else { return }
        let key = PaymentAPI.idempotencyKey(orderId: order.orderId)
        let claim: IdempotencyClaim
        do {
            guard
                let taken = try await executor.commands.claim(
                    key, for: try Self.request(for: order), subject: context.identifiers.next("ATT-"), in: tx)
            else { return }
            claim = taken
        } catch let problem as Problem {
            // An error here would hold up every event after this one.
            context.log.error(
                "the key of an order's payment is in use for something else",
                metadata: ["order": .string(order.orderId), "reason": .string(problem.detail ?? problem.title)])
            return
        }
        let begun = try await begin(
            order.orderId, Money(order.amount, order.currency), .charge,
            OrderScope(owner: order.owner, branchId: order.branchId), attemptId: claim.subject, key: key, in: tx)
        guard begun.attempt.isOpen else {
            let response = try PaymentAnswer.response(begun.payment, attempt: begun.attempt)
            return try await executor.commands.settle(claim, .complete(response), in: tx)
        }
        calls.add(.init(payment: begun.payment, attempt: begun.attempt, claim: claim), after: tx)
    }

    /// Makes the request that would ask for the same. A client that sends it with the same key gets the same answer.
    private static func request(for order: OrderSummary) throws -> Request {
        let command = RequestPayment(orderId: order.orderId, amount: order.amount, currency: order.currency)
        return Request(method: .post, path: PaymentAPI.path, body: try JSON.encode(command))
    }
}

extension RequestPaymentHandler {
    /// Stores the order's payment with its first attempt, and applies callbacks that came before it.
    private func begin(
        _ orderId: String, _ money: Money, _ action: ProviderAction, _ scope: OrderScope, attemptId: String,
        key: String,
        token: String? = nil, in tx: any Transaction
    ) async throws -> AttemptExecutor.Begun {
        let now = context.loop.now
        var payment = Payment(
            id: context.identifiers.next("PAY-"), orderId: orderId, money: money, provider: executor.provider.name,
            requestedAt: now)
        (payment.owner, payment.branchId) = (scope.owner, scope.branchId)
        let attempt = try payment.begin(
            action, amount: money.amount, attemptId: attemptId, idempotencyKey: key, at: now,
            checkAt: executor.settings.firstCheck(from: now), hasPaymentToken: token != nil)
        if let token { try await executor.tokens.keep(token, for: attempt, in: tx) }
        if action == .authorise { payment.expiresAt = now + executor.settings.authorisationExpiry }
        payment = try await insert(payment, in: tx)
        let current = try await matching.applyEarly(to: payment, in: tx) ?? payment
        return .init(payment: current, attempt: current.attempts.first { $0.id == attempt.id } ?? attempt)
    }

    private func standing(
        _ orderId: String, attemptId: String, in tx: any Transaction
    ) async throws -> AttemptExecutor.Begun? {
        guard let payment = try await payment(ofOrder: orderId, in: tx),
            let attempt = payment.attempts.first(where: { $0.id == attemptId })
        else { return nil }
        return .init(payment: payment, attempt: attempt)
    }

    private func payment(ofOrder orderId: String, in tx: any Transaction) async throws -> Payment? {
        try await payments.first(where: [.equal("orderId", .text(orderId))], in: tx)
    }

    private func insert(_ payment: Payment, in tx: any Transaction) async throws -> Payment {
        do {
            return try await payments.insert(payment, in: tx)
        } catch let error as StorageError where error.code == .duplicate(field: "orderId") {
            guard try await self.payment(ofOrder: payment.orderId, in: tx)?.cancellationRequestedAt == nil else {
                throw Problem(
                    status: 409, detail: "order \(payment.orderId) was cancelled", type: PaymentAPI.cancelled)
            }
            throw Problem(status: 409, detail: "order \(payment.orderId) already has a payment under another key")
        }
    }
}
