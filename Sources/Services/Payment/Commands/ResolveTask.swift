import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Performs the action that an operator has chosen, in the transaction that resolves the task.
struct ResolveTask: Sendable {
    let context: ServiceEnvironment
    let payments: Repository<Payment>
    let step: PaymentStep
    let matching: MatchCallbacks
    let settings: PaymentSettings

    func perform(_ task: OperatorTask, _ decision: OperatorDecision, in tx: any Transaction) async throws {
        guard decision.action != "close" else { return }
        if task.kind == OperatorTaskKind.unknownMovement.name { return try await adopt(task, decision, in: tx) }
        guard let id = task.paymentId, let payment = try await payments.find(id, in: tx) else {
            throw Problem.notPossible("the task is about no payment that is here")
        }
        switch (task.kind, decision.action) {
        case (OperatorTaskKind.outcomeUnknown.name, "succeeded"):
            try await end(
                payment, task.subject, .succeeded(reference: try reference(of: task, payment)), in: tx)
        case (OperatorTaskKind.outcomeUnknown.name, "refused"):
            try await end(payment, task.subject, .refused(reason: "\(decision.by): \(decision.reason)"), in: tx)
        case (OperatorTaskKind.refundRefused.name, _): try await giveBackAnew(payment, in: tx)
        case (OperatorTaskKind.refundFailed.name, _): try await refundAnew(payment, in: tx)
        case (OperatorTaskKind.reservationKept.name, _): try await letGo(payment, in: tx)
        default: try await lookAgain(payment, at: task.subject, in: tx)
        }
    }

    /// Books a movement on the payment that the operator names, whatever order the provider reported.
    private func adopt(_ task: OperatorTask, _ decision: OperatorDecision, in tx: any Transaction) async throws {
        guard let id = decision.paymentId ?? task.paymentId else {
            throw Problem.invalid("paymentId", "is required: the payment that the movement belongs to")
        }
        guard let payment = try await payments.find(id, in: tx) else {
            throw Problem.invalid("paymentId", "names no payment")
        }
        let callback = task.evidence.first { $0.name == "callback" }?.value ?? ""
        guard var record = try await matching.callbacks.find(callback, in: tx), !record.isMatched else {
            throw Problem.notPossible("the movement has been applied meanwhile")
        }
        guard record.provider == payment.provider else {
            throw Problem.notPossible("the movement is \(record.provider)'s, payment \(id) is \(payment.provider)'s")
        }
        guard case .applied = try await matching.apply(record.of(payment.orderId), to: payment, in: tx) else {
            throw Problem.notPossible(
                "\(record.action?.rawValue ?? "the dispute") of \(record.amount) \(record.currency.code) does "
                    + "not fit payment \(id), which is \(payment.status.rawValue) with "
                    + "\(payment.amount) \(payment.currency.code)")
        }
        (record.isMatched, record.retryAt) = (true, nil)
        try await matching.callbacks.update(record, in: tx)
    }

    private func reference(of task: OperatorTask, _ payment: Payment) throws -> String {
        let attempt = payment.attempts.first { $0.id == task.subject }
        return attempt?.reference ?? payment.reference ?? task.subject
    }

    private func end(
        _ payment: Payment, _ attempt: String, _ news: AttemptNews, in tx: any Transaction
    ) async throws {
        guard payment.attempts.contains(where: { $0.id == attempt && $0.isOpen }) else {
            throw Problem.notPossible("the outcome is known meanwhile")
        }
        _ = try await step.settle(payment, attempt: attempt, news, isConfirmed: true, in: tx)
    }

    private func giveBackAnew(_ payment: Payment, in tx: any Transaction) async throws {
        var payment = payment
        if payment.cancellationRequestedAt == nil, payment.strayRests.isEmpty {
            throw Problem.notPossible("nothing is to be given back")
        }
        payment.giveBackAnew(at: context.loop.now)
        _ = try await step.store(payment, in: tx)
    }

    private func refundAnew(_ payment: Payment, in tx: any Transaction) async throws {
        var payment = payment
        let failed = payment.attempts.last { $0.action == .refund && $0.state == .reversed && $0.strayReference == nil }
        let id = context.identifiers.next("ATT-")
        let now = context.loop.now
        guard let failed,
            let attempt = try? payment.begin(
                .refund, amount: min(failed.amount, payment.refundable), attemptId: id, idempotencyKey: id, at: now,
                checkAt: settings.firstCheck(from: now))
        else { throw Problem.notPossible("nothing is left to refund") }
        payment = try await payments.update(payment, in: tx)
        step.calls.add(.init(payment: payment, attempt: attempt), after: tx)
    }

    private func letGo(_ payment: Payment, in tx: any Transaction) async throws {
        guard payment.status == .authorised else {
            throw Problem.notPossible("the payment is \(payment.status.rawValue)")
        }
        var payment = payment
        payment.expiresAt = context.loop.now
        try await payments.update(payment, in: tx)
    }

    /// Schedules a look-up of the attempt at the provider now.
    private func lookAgain(_ payment: Payment, at attempt: String, in tx: any Transaction) async throws {
        var payment = payment
        guard payment.lookAgain(at: attempt, at: context.loop.now) else {
            throw Problem.notPossible("there is no attempt to ask about")
        }
        try await payments.update(payment, in: tx)
    }
}

/// The kinds of operator tasks about payments.
extension OperatorTaskKind {
    private static let close = OperatorTask.Action("close", "Closes the task; the books stay as they are")
    private static let retry = OperatorTask.Action("retry", "Asks the provider again")

    static let outcomeUnknown = OperatorTaskKind(
        "OUTCOME_UNKNOWN", "the outcome of a call to the provider has been unknown for too long",
        actions: [
            .init("succeeded", "The provider's records show that it came about: books it"),
            .init("refused", "The provider's records show that it did not come about: ends it"), close,
        ])
    static let otherProvider = OperatorTaskKind(
        "OTHER_PROVIDER", "a payment is open at a provider that is not configured any more", actions: [close])
    static let contradiction = OperatorTaskKind(
        "CONTRADICTION", "the provider contradicts what it said of a call before", actions: [retry, close])
    static let mismatch = OperatorTaskKind(
        "MISMATCH", "the provider tells of another amount, currency or order than was asked for",
        actions: [retry, close])
    static let unknownMovement = OperatorTaskKind(
        "UNKNOWN_MOVEMENT", "the provider moved money that belongs to no payment",
        actions: [
            .init("adopt", "Books it on the payment that paymentId names, and gives back what that does not want"),
            close,
        ])
    static let refundRefused = OperatorTaskKind(
        "REFUND_REFUSED", "the provider does not give money back that belongs to the buyer", actions: [retry, close])
    static let refundFailed = OperatorTaskKind(
        "REFUND_FAILED", "a refund that was confirmed did not arrive",
        actions: [.init("refund", "Refunds the amount once more"), close])
    static let refundedTooMuch = OperatorTaskKind(
        "REFUNDED_TOO_MUCH", "more was given back than had been taken", actions: [close])
    static let reservationKept = OperatorTaskKind(
        "RESERVATION_KEPT", "the provider does not let go of a reservation that nobody captured",
        actions: [retry, close])
    static let disputed = OperatorTaskKind(
        "DISPUTED", "a buyer's bank asks for the money: answer at the provider", actions: [close])

    static let payment: [OperatorTaskKind] = [
        outcomeUnknown, otherProvider, contradiction, mismatch, unknownMovement, refundRefused, refundFailed,
        refundedTooMuch, reservationKept, disputed,
    ]
}
