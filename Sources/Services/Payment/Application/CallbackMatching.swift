import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Finds the payment that a callback is about, applies it, and tries those again that came before their time.
struct CallbackMatching: Sendable {
    static let firstDelay = Duration.seconds(60)
    private static let (interval, longestDelay) = (Duration.seconds(30), Duration.seconds(3600))
    let context: ServiceEnvironment
    let payments: Repository<Payment>
    let callbacks: Repository<CallbackRecord>
    let step: PaymentStep
    let settings: PaymentSettings

    /// By the order, else by the provider's name for the charge.
    func payment(of record: CallbackRecord, in tx: any ReadTransaction) async throws -> Payment? {
        if !record.orderId.isEmpty {
            return try await payments.first(where: [.equal("orderId", .text(record.orderId))], in: tx)
        }
        guard !record.reference.isEmpty else { return nil }
        let found = try await payments.first(where: [.equal("reference", .text(record.reference))], in: tx)
        return found?.provider == record.provider ? found : nil
    }

    func apply(
        _ record: CallbackRecord, to payment: Payment, in tx: any Transaction
    ) async throws -> PaymentStep.Adoption {
        if let id = record.disputeId, let stage = record.disputeStage {
            return try await step.dispute(id, stage, record.money, of: payment, in: tx)
        }
        guard let movement = record.movement else { return .unmatched }
        if record.succeeded { return try await step.adopt(movement, to: payment, in: tx) }
        return try await step.refuse(
            movement, reason: record.reason ?? "refused by the provider", of: payment, in: tx)
    }

    var job: Job<CallbackRecord> {
        Job(
            "match callbacks", in: callbacks, context, JobPlan(due: "retryAt", every: Self.interval, atOnce: 1)
        ) { try await again($0.id) }
    }

    /// A callback may come before the answer of the call that it is about. What names no order may belong to somebody else
    /// who uses the provider's account: the statement tells if not.
    private func patience(with record: CallbackRecord) -> Duration {
        record.orderId.isEmpty ? min(.seconds(3600), settings.unmatchedAfter) : settings.unmatchedAfter
    }

    private func again(_ id: String) async throws {
        try await context.transaction { tx in
            guard var record = try await callbacks.find(id, in: tx), record.retryAt != nil else { return }
            let payment = try await payment(of: record, in: tx)
            var isMatched = false
            if let payment {
                if case .unmatched = try await apply(record, to: payment, in: tx) {} else { isMatched = true }
            }
            let age = context.loop.now - record.receivedAt
            if isMatched {
                (record.isMatched, record.retryAt) = (true, nil)
            } else if age < patience(with: record) {
                record.retryAt = context.loop.now + min(max(age, Self.firstDelay), Self.longestDelay)
            } else if record.orderId.isEmpty, payment == nil {
                // It is not the shop's. The statement shows what it moved, if it moved anything of the shop's.
                try await callbacks.delete(record, in: tx)
                return
            } else {
                record.retryAt = nil
                try await ask(about: record, payment, in: tx)
            }
            try await callbacks.update(record, in: tx)
        }
    }

    /// A refusal of something that nobody knows moved no money.
    private func ask(
        about record: CallbackRecord, _ payment: Payment?, in tx: any Transaction
    ) async throws {
        guard record.succeeded || record.disputeId != nil else { return }
        try await step.tasks.open(
            .unknownMovement, subject: record.refundReference ?? record.disputeId ?? record.reference,
            orderId: record.orderId.isEmpty ? nil : record.orderId, paymentId: payment?.id,
            evidence: [
                .init("provider", record.provider), .init("callback", record.id),
                .init("action", record.action?.rawValue ?? "dispute"), .init("charge", record.reference),
                .init("amount", "\(record.amount) \(record.currency.code)"),
            ], in: tx)
    }

    /// A callback that came while no payment was there was kept: it counts as if it came now. Returns the payment as it is
    /// then, or `nil` if nothing was applied.
    func applyEarly(to payment: Payment, in tx: any Transaction) async throws -> Payment? {
        let early = try await callbacks.all(
            Query(
                where: [.equal("orderId", .text(payment.orderId)), .equal("isMatched", false)],
                sort: [Sort("receivedAt")], limit: 10), in: tx)
        var current: Payment?
        for var record in early {
            guard case .applied(let applied) = try await apply(record, to: current ?? payment, in: tx) else { continue }
            current = applied
            (record.isMatched, record.retryAt) = (true, nil)
            try await callbacks.update(record, in: tx)
        }
        return current
    }
}
