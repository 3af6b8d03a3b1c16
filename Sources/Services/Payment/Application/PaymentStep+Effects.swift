import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Carries out what follows from a step: bookings and operator tasks.
extension PaymentStep {
    func perform(_ effect: PaymentEffect, for payment: Payment, in tx: any Transaction) async throws {
        switch effect {
        case .captured(let amount, let id):
            try await book(.capture, amount, id, for: payment, in: tx)
        case .refunded(let amount, let id):
            try await book(.refund, amount, id, for: payment, in: tx)
            try await givenBack(payment, in: tx)
        case .refundReversed(let amount, let id, let reason):
            try await book(.refundReversal, amount, id + ".reversal", for: payment, in: tx)
            if payment.refundedAmount <= payment.capturedAmount {
                try await tasks.settle(
                    .refundedTooMuch, subject: payment.id, reason: "one of the refunds did not arrive", in: tx)
            }
            context.log.error(
                "a refund did not arrive", metadata: ["payment": .string(payment.id), "reason": .string(reason)])
            // Nobody else sees to it that the buyer gets the money.
            if payment.cancellationRequestedAt == nil { try await refundFailed(payment, amount, reason, in: tx) }
        case .strayCaptured(let amount, let id):
            try await book(.capture, amount, id, for: payment, in: tx)
            context.log.error(
                "more than the order's one capture was taken; it is given back",
                metadata: ["payment": .string(payment.id), "order": .string(payment.orderId)])
        case .strayRefunded(let amount, let id):
            try await book(.refund, amount, id, for: payment, in: tx)
            try await givenBack(payment, in: tx)
        case .strayRefundReversed(let amount, let id):
            try await book(.refundReversal, amount, id + ".reversal", for: payment, in: tx)
        case .failed, .authorised: break
        case .cancelled, .expired:
            try await tasks.settle(.reservationKept, subject: payment.id, reason: "the reservation is gone", in: tx)
        case .refundRefused(let reason):
            context.log.warning(
                "refund refused", metadata: ["payment": .string(payment.id), "reason": .string(reason)])
        case .refundedTooMuch, .reservationKept, .contradiction, .confirmed:
            try await ask(about: effect, of: payment, in: tx)
        }
    }

    private func ask(about effect: PaymentEffect, of payment: Payment, in tx: any Transaction) async throws {
        switch effect {
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
        default: break
        }
    }

    func open(
        _ kind: OperatorTaskKind, _ subject: String, _ payment: Payment, _ evidence: [(String, String)],
        in tx: any Transaction
    ) async throws {
        try await tasks.open(
            kind, subject: subject, orderId: payment.orderId, paymentId: payment.id,
            evidence: [.init("provider", payment.provider)] + evidence.map { .init($0, $1) }, in: tx)
    }

    /// A refund that somebody asked for did not arrive, and is not asked for again by itself.
    private func refundFailed(
        _ payment: Payment, _ amount: Int64, _ reason: String, in tx: any Transaction
    ) async throws {
        try await open(
            .refundFailed, payment.id, payment,
            [("amount", "\(amount) \(payment.currency.code)"), ("reason", reason)], in: tx)
    }

    /// Settles the tasks about money that had not gone back.
    private func givenBack(_ payment: Payment, in tx: any Transaction) async throws {
        let wasRefused = payment.attempts.contains { $0.state == .refused || $0.state == .reversed }
        guard wasRefused, payment.strayRests.isEmpty else { return }
        if payment.cancellation == .settled {
            try await tasks.settle(.refundRefused, subject: payment.id, reason: "it was given back", in: tx)
        }
        try await tasks.settle(.refundFailed, subject: payment.id, reason: "a later refund succeeded", in: tx)
    }

    func book(
        _ kind: LedgerBooking.Kind, _ amount: Int64, _ id: String, for payment: Payment, in tx: any Transaction
    ) async throws {
        let booking = LedgerBooking(
            transactionId: id, kind: kind, paymentId: payment.id, orderId: payment.orderId,
            money: Money(amount, payment.currency))
        try await ledger.book(booking, in: tx)
    }
}
