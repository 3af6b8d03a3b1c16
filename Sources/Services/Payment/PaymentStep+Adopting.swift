import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Applies movements that the provider reports, whether this service requested them or not.
extension PaymentStep {
    enum Adoption: Sendable {
        /// The payment as it is now.
        case applied(Payment)
        /// The movement contradicts the record, and an operator task was opened.
        case keptApart
        /// The movement cannot be applied yet, or does not belong to this payment.
        case unmatched
    }

    /// Applies a movement that the provider reports as made. `isConfirmed` if the report comes from its records, rather than
    /// a message that may come in any order.
    func adopt(
        _ movement: ProviderMovement, to payment: Payment, isConfirmed: Bool = false, in tx: any Transaction
    ) async throws -> Adoption {
        if let attempt = payment.attempt(of: movement) {
            if let difference = payment.difference(movement, from: attempt) {
                return try await keepApart(movement, of: payment, attempt.id, difference, in: tx)
            }
            // A movement without a reference of its own has that of the charge.
            let reference = movement.reference ?? movement.chargeReference ?? attempt.reference ?? attempt.id
            let settled = try await settle(
                payment, attempt: attempt.id, .succeeded(reference: reference), isConfirmed: isConfirmed, in: tx)
            return .applied(movement.takesMoney ? try await hastenRefunds(of: settled, in: tx) : settled)
        }
        guard movement.orderId.isEmpty || movement.orderId == payment.orderId, !payment.mayHaveAsked(for: movement)
        else {
            return .unmatched
        }
        if let owner = try await owner(of: movement, otherThan: payment, in: tx) {
            return try await keepApart(
                movement, of: payment, movement.reference ?? payment.id, "a charge of order \(owner.orderId)", in: tx)
        }
        var payment = payment
        let id = context.identifiers.next("ATT-")
        guard movement.money.amount <= Money.limit,
            let effects = payment.adopt(movement, provider: payment.provider, attemptId: id, at: context.loop.now)
        else {
            // A refund or a void may be reported before the capture or the reservation that it is about.
            let mayFitLater = payment.status == .pending || !movement.takesMoney
            guard !mayFitLater else { return .unmatched }
            return try await keepApart(
                movement, of: payment, movement.reference ?? movement.idempotencyKey ?? payment.id,
                "it is no movement of this payment", in: tx)
        }
        context.log.warning(
            "the provider moved money without having been asked from here",
            metadata: [
                "payment": .string(payment.id), "order": .string(payment.orderId),
                "action": .string(movement.action.rawValue),
            ])
        payment = try await store(payment, in: tx)
        for effect in effects { try await perform(effect, for: payment, in: tx) }
        return .applied(payment)
    }

    /// Finds the other payment that the movement's charge belongs to. A charge that is reported with a wrong order must not be
    /// given back as a stray.
    private func owner(
        of movement: ProviderMovement, otherThan payment: Payment, in tx: any ReadTransaction
    ) async throws -> Payment? {
        guard let charge = movement.charge else { return nil }
        let known = try await payments.first(where: [.equal("reference", .text(charge))], in: tx)
        return known?.id == payment.id || known?.provider != payment.provider ? nil : known
    }

    /// Looks refunds up at once. A provider that reports a charge again has gone on with it, for example settled it, which
    /// refunds wait for.
    private func hastenRefunds(of payment: Payment, in tx: any Transaction) async throws -> Payment {
        var payment = payment
        guard payment.hastenRefunds(at: context.loop.now) else { return payment }
        return try await payments.update(payment, in: tx)
    }

    /// Applies the report that a movement was refused, or taken back.
    func refuse(
        _ movement: ProviderMovement, reason: String, of payment: Payment, in tx: any Transaction
    ) async throws -> Adoption {
        guard let attempt = payment.attempt(of: movement) else { return .unmatched }
        if let difference = payment.difference(movement, from: attempt) {
            return try await keepApart(movement, of: payment, attempt.id, difference, in: tx)
        }
        return .applied(try await settle(payment, attempt: attempt.id, .refused(reason: reason), in: tx))
    }

    /// Applies a stage of a chargeback. A stage that is reported before its capture waits for the capture, because services
    /// that follow the payment's events must hear of the capture first.
    func dispute(
        _ id: String, _ stage: DisputeStage, _ money: Money, of payment: Payment, in tx: any Transaction
    ) async throws -> Adoption {
        guard payment.isTaken else { return .unmatched }
        var payment = payment
        guard let effect = payment.dispute(id, stage, money, at: context.loop.now) else {
            let isKnown = payment.disputes?.contains { $0.id == id && $0.amount == money.amount } == true
            return isKnown ? .applied(payment) : .unmatched
        }
        payment = try await store(payment, in: tx)
        let stage = effect.stage ?? stage
        switch effect {
        case .withdrawn(let amount):
            try await book(.dispute, amount, context.identifiers.next("DSP-"), for: payment, in: tx)
            if payment.refundable == 0 { try await settleTasksByChargeback(of: payment, in: tx) }
        case .reinstated(let amount):
            try await book(.disputeReversal, amount, context.identifiers.next("DSP-"), for: payment, in: tx)
        case .withdrawnAndReinstated(let amount):
            try await book(.dispute, amount, context.identifiers.next("DSP-"), for: payment, in: tx)
            try await book(.disputeReversal, amount, context.identifiers.next("DSP-"), for: payment, in: tx)
        case .told: break
        }
        if stage == .won || stage == .lost {
            try await tasks.settle(.disputed, subject: id, reason: "the dispute is \(stage.rawValue)", in: tx)
        } else if payment.disputes?.contains(where: { $0.id == id && $0.stage != .won && $0.stage != .lost }) == true {
            try await open(
                .disputed, id, payment,
                [("amount", "\(money.amount) \(money.currency.code)"), ("dispute", id), ("stage", stage.rawValue)],
                in: tx)
        }
        return .applied(payment)
    }

    /// Settles the tasks about refunds, because the bank has given back all that was left.
    private func settleTasksByChargeback(of payment: Payment, in tx: any Transaction) async throws {
        for kind in [OperatorTaskKind.refundRefused, .refundFailed] where payment.strayRests.isEmpty {
            try await tasks.settle(
                kind, subject: payment.id, reason: "a chargeback gave the money to the buyer", in: tx)
        }
    }

    private func keepApart(
        _ movement: ProviderMovement, of payment: Payment, _ subject: String, _ difference: String,
        in tx: any Transaction
    ) async throws -> Adoption {
        try await open(
            .mismatch, subject, payment,
            [
                ("action", movement.action.rawValue), ("reference", movement.reference ?? "-"),
                ("charge", movement.chargeReference ?? "-"),
                ("amount", "\(movement.money.amount) \(movement.money.currency.code)"), ("order", movement.orderId),
                ("difference", difference),
            ], in: tx)
        return .keptApart
    }
}
