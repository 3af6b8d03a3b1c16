import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Carries out what an operator decided, in the transaction that resolves the task.
struct ResolvingTasks: Sendable {
    let context: ServiceContext
    let payments: Repository<Payment>
    let step: PaymentStep
    let settings: PaymentSettings

    func perform(_ task: OperatorTask, _ decision: OperatorDecision, in tx: any Transaction) async throws {
        guard decision.action != "close" else { return }
        guard let id = task.paymentId, let payment = try await payments.find(id, in: tx) else {
            throw Problem(status: 409, title: "Not possible now", detail: "the task is about no payment that is here")
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

    private func reference(of task: OperatorTask, _ payment: Payment) throws -> String {
        let attempt = payment.attempts.first { $0.id == task.subject }
        return attempt?.reference ?? payment.reference ?? task.subject
    }

    private func end(
        _ payment: Payment, _ attempt: String, _ news: AttemptNews, in tx: any Transaction
    ) async throws {
        guard payment.attempts.contains(where: { $0.id == attempt && $0.isOpen }) else {
            throw Problem(status: 409, title: "Not possible now", detail: "the outcome is known meanwhile")
        }
        _ = try await step.settle(payment, attempt: attempt, news, isConfirmed: true, in: tx)
    }

    private func giveBackAnew(_ payment: Payment, in tx: any Transaction) async throws {
        var payment = payment
        if payment.cancellationRequestedAt == nil, payment.strayRests.isEmpty {
            throw Problem(status: 409, title: "Not possible now", detail: "nothing is to be given back")
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
        else { throw Problem(status: 409, title: "Not possible now", detail: "nothing is left to refund") }
        payment = try await payments.update(payment, in: tx)
        step.calls.add(.init(payment: payment, attempt: attempt), in: tx)
    }

    private func letGo(_ payment: Payment, in tx: any Transaction) async throws {
        guard payment.status == .authorised else {
            throw Problem(status: 409, title: "Not possible now", detail: "the payment is \(payment.status.rawValue)")
        }
        var payment = payment
        payment.expiresAt = context.loop.now
        try await payments.update(payment, in: tx)
    }

    /// The provider is asked at once what became of the attempt.
    private func lookAgain(_ payment: Payment, at attempt: String, in tx: any Transaction) async throws {
        var payment = payment
        guard payment.lookAgain(at: attempt, at: context.loop.now) else {
            throw Problem(status: 409, title: "Not possible now", detail: "there is no attempt to ask about")
        }
        try await payments.update(payment, in: tx)
    }
}
