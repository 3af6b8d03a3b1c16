import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Applies what is learnt of an attempt, whether from the call's answer, a callback, a look-up or a statement. State,
/// ledger, events and operator tasks are in the caller's one transaction.
struct PaymentStep: Sendable {
    let context: ServiceEnvironment
    let payments: Repository<Payment>
    let ledger: Ledger
    let settings: PaymentSettings
    let calls: PaymentCalls
    let tokens: PaymentTokens
    let tasks: OperatorTasks

    /// Applies the provider's answer, after a comparison of its amount and order with ours. An answer that does not fit
    /// settles nothing: an open attempt stays unknown, a settled one is looked up again, and a person is asked.
    func settle(
        _ payment: Payment, attempt: PaymentAttempt, answered outcome: ProviderOutcome, isConfirmed: Bool = false,
        in tx: any Transaction
    ) async throws -> Payment {
        var outcome = outcome
        if let report = outcome.report {
            if let difference = payment.difference(report.money, report.orderId, from: attempt) {
                try await open(
                    .mismatch, attempt.id, payment,
                    [
                        ("action", attempt.action.rawValue), ("reference", report.reference),
                        ("difference", difference),
                    ], in: tx)
                if !attempt.isOpen, attempt.verifyAt == nil {
                    var payment = payment
                    _ = payment.lookAgain(at: attempt.id, at: context.loop.now)
                    return try await store(payment, in: tx)
                }
                outcome = .unknown(reason: "the provider tells of \(difference)")
            } else if attempt.checks > 0 || attempt.verifyAt != nil {
                // Only such an attempt can have an answer before this one that did not fit.
                try await tasks.settle(
                    .mismatch, subject: attempt.id, reason: "the provider's answers fit now", in: tx)
            }
        }
        return try await settle(
            payment, attempt: attempt.id, news(of: outcome, for: attempt), isConfirmed: isConfirmed, in: tx)
    }

    /// Translates an answer of the provider into news of an attempt, with the time of the next check. The delay grows with
    /// each unknown outcome, and has jitter, so that calls that started together are not repeated together.
    private func news(of outcome: ProviderOutcome, for attempt: PaymentAttempt) -> AttemptNews {
        let (now, random) = (context.loop.now, context.loop.random())
        let delay =
            attempt.checks == 0
            ? settings.retry.firstDelay : settings.retry.delay(after: attempt.checks + 1) { random }
        return switch outcome {
        case .succeeded(let report): .succeeded(reference: report.reference)
        case .refused(let reason): .refused(reason: reason)
        case .accepted(let report) where attempt.state != .accepted:
            .accepted(reference: report.reference, checkAt: now + settings.confirmationTimeout)
        case .storedError: .storedError(checkAt: now + delay)
        case .accepted, .unknown: .unknown(checkAt: now + delay)
        case .notSent(_, let retryAfter): .unknown(checkAt: now + max(delay, retryAfter ?? .zero))
        }
    }

    /// Applies news to an attempt, stores the payment, and carries out the effects.
    func settle(
        _ payment: Payment, attempt id: String, _ news: AttemptNews, isConfirmed: Bool = false,
        in tx: any Transaction
    ) async throws -> Payment {
        let before = payment.attempts.first { $0.id == id }
        var payment = payment
        guard let effects = payment.settle(id, news, at: context.loop.now, isConfirmed: isConfirmed) else {
            return payment
        }
        payment = try await store(payment, in: tx)
        if let settled = payment.attempts.first(where: { $0.id == id }), !settled.isOpen {
            try await tokens.forget(settled, in: tx)
            if settled.verifyAt == nil, settled.checks > 0 || before?.verifyAt != nil {
                // The provider has corrected an earlier answer that was wrong or left the outcome open.
                for kind in [OperatorTaskKind.outcomeUnknown, .mismatch] {
                    try await tasks.settle(kind, subject: id, reason: "the outcome is known", in: tx)
                }
            }
        }
        for effect in effects { try await perform(effect, for: payment, in: tx) }
        return payment
    }

    /// Removes an attempt that the provider certainly never heard of. Returns `false` if the attempt has to go on.
    func withdraw(_ attempt: PaymentAttempt, of payment: Payment, in tx: any Transaction) async throws -> Bool {
        var payment = payment
        guard payment.withdraw(attempt: attempt.id) else { return false }
        try await tokens.forget(attempt, in: tx)
        if payment.attempts.isEmpty, payment.cancellationRequestedAt == nil {
            try await payments.delete(payment, in: tx)
        } else {
            _ = try await store(payment, in: tx)
        }
        return true
    }

    /// Stores a step. The refunds and voids that it makes necessary are begun in the same transaction, and their calls are
    /// made once they are durable.
    func store(_ payment: Payment, in tx: any Transaction) async throws -> Payment {
        let (payment, back) = try await storeAndBegin(payment, in: tx)
        for attempt in back.begun { calls.add(.init(payment: payment, attempt: attempt), after: tx) }
        return payment
    }

    /// Stores a step for a caller that makes the first of the calls itself.
    func storeAndBegin(_ payment: Payment, in tx: any Transaction) async throws -> (Payment, GiveBack) {
        var payment = payment
        let now = context.loop.now
        let back = payment.giveBack(by: settings.giveBack, at: now, checkAt: settings.firstCheck(from: now)) {
            context.identifiers.next("ATT-")
        }
        payment = try await payments.update(payment, in: tx)
        if let reason = back.exhausted {
            let rest = payment.refundable + payment.strayRests.reduce(0) { $0 + $1.amount }
            try await open(
                .refundRefused, payment.id, payment,
                [
                    ("reason", reason), ("amount", "\(rest) \(payment.currency.code)"),
                    ("charge", payment.reference ?? "-"),
                ], in: tx)
        }
        return (payment, back)
    }

    /// Carries out an effect of a step: its bookings and its operator tasks.
    func perform(_ effect: PaymentEffect, for payment: Payment, in tx: any Transaction) async throws {
        switch effect {
        case .captured(let amount, let id):
            try await book(.capture, amount, id, for: payment, in: tx)
        case .strayCaptured(let amount, let id):
            try await book(.capture, amount, id, for: payment, in: tx)
            context.log.error(
                "more than the order's one capture was taken; it is given back",
                metadata: ["payment": .string(payment.id), "order": .string(payment.orderId)])
        case .refunded(let amount, let id), .strayRefunded(let amount, let id):
            try await book(.refund, amount, id, for: payment, in: tx)
            try await settleRefundTasks(of: payment, in: tx)
        case .refundReversed(let amount, let id, let reason):
            try await book(.refundReversal, amount, id + ".reversal", for: payment, in: tx)
            try await refundReversed(amount, reason, of: payment, in: tx)
        case .strayRefundReversed(let amount, let id):
            try await book(.refundReversal, amount, id + ".reversal", for: payment, in: tx)
        case .failed, .authorised: break
        case .cancelled, .expired:
            try await tasks.settle(.reservationKept, subject: payment.id, reason: "the reservation is gone", in: tx)
        case .refundRefused(let reason):
            context.log.warning(
                "refund refused", metadata: ["payment": .string(payment.id), "reason": .string(reason)])
        case .refundedTooMuch(let amount):
            try await open(
                .refundedTooMuch, payment.id, payment, [("excess", "\(amount) \(payment.currency.code)")], in: tx)
        case .reservationKept(let reason):
            try await open(.reservationKept, payment.id, payment, [("reason", reason)], in: tx)
        case .contradiction(let id):
            let attempt = payment.attempts.first { $0.id == id }
            try await open(
                .contradiction, id, payment,
                [
                    ("action", attempt?.action.rawValue ?? "-"), ("recorded", attempt?.state.rawValue ?? "-"),
                    ("reference", attempt?.reference ?? "-"),
                ], in: tx)
        case .confirmed(let id):
            try await tasks.settle(
                .contradiction, subject: id, reason: "the provider confirms what is recorded", in: tx)
        }
    }

    /// Asks a person about a refund that did not arrive, unless a cancellation asks for its money again by itself.
    private func refundReversed(
        _ amount: Int64, _ reason: String, of payment: Payment, in tx: any Transaction
    ) async throws {
        if payment.refundedAmount <= payment.capturedAmount {
            try await tasks.settle(
                .refundedTooMuch, subject: payment.id, reason: "one of the refunds did not arrive", in: tx)
        }
        context.log.error(
            "a refund did not arrive", metadata: ["payment": .string(payment.id), "reason": .string(reason)])
        guard payment.cancellationRequestedAt == nil else { return }
        try await open(
            .refundFailed, payment.id, payment,
            [("amount", "\(amount) \(payment.currency.code)"), ("reason", reason)], in: tx)
    }

    /// Settles the tasks about money that had not gone back before.
    private func settleRefundTasks(of payment: Payment, in tx: any Transaction) async throws {
        let wasRefused = payment.attempts.contains { $0.state == .refused || $0.state == .reversed }
        guard wasRefused, payment.strayRests.isEmpty else { return }
        if payment.cancellation == .settled {
            try await tasks.settle(.refundRefused, subject: payment.id, reason: "it was given back", in: tx)
        }
        try await tasks.settle(.refundFailed, subject: payment.id, reason: "a later refund succeeded", in: tx)
    }

    /// Opens an operator task about a payment.
    func open(
        _ kind: OperatorTaskKind, _ subject: String, _ payment: Payment, _ evidence: [(String, String)],
        in tx: any Transaction
    ) async throws {
        try await tasks.open(
            kind, subject: subject, orderId: payment.orderId, paymentId: payment.id,
            evidence: [.init("provider", payment.provider)] + evidence.map { .init($0, $1) }, in: tx)
    }

    /// Books a movement of money.
    func book(
        _ kind: LedgerBooking.Kind, _ amount: Int64, _ id: String, for payment: Payment, in tx: any Transaction
    ) async throws {
        let booking = LedgerBooking(
            transactionId: id, kind: kind, paymentId: payment.id, orderId: payment.orderId,
            money: Money(amount, payment.currency))
        try await ledger.book(booking, in: tx)
    }
}

extension ProviderOutcome {
    /// The provider's report of the movement; `nil` if the answer does not confirm one.
    fileprivate var report: ProviderReport? {
        switch self {
        case .accepted(let report), .succeeded(let report): report
        case .refused, .notSent, .unknown, .storedError: nil
        }
    }
}
