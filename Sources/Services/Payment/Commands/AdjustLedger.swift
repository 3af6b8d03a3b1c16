import HTTP
import Kernel
import REST
import ServiceHost
import Storage

/// Handles `POST /api/ledger/adjustments`: the only way to repair a difference. It is recorded with who and why, and booked
/// as double entry like everything else.
struct AdjustLedger: Sendable {
    struct Command: Codable, Sendable {
        let paymentId: String
        /// Minor units, not 0: what the provider owes more (or, below 0, less) than was booked.
        let amount: Int64
        let currency: Currency
        let reason: String
        /// The person who decided it.
        let by: String
        /// The difference that it settles; the payment's open one of that amount if none is given.
        let differenceId: String?
    }
    let context: ServiceEnvironment
    let payments: Repository<Payment>
    let ledger: Ledger
    let differences: DifferenceBook

    func adjust(_ command: Command, _ call: CommandCall) async throws -> Response {
        var errors = FieldErrors()
        errors.require(
            command.amount != 0 && (-Money.limit...Money.limit).contains(command.amount), "amount",
            "must be from -\(Money.limit) to \(Money.limit), and not 0")
        errors.require(!command.reason.isEmpty, "reason", "must say why")
        errors.require(!command.by.isEmpty, "by", "must say who")
        try errors.check()
        return try await call.once(subject: context.identifiers.next("ADJ-")) { attempt, tx in
            try .json(try await book(command, id: attempt.subject, in: tx), status: 201)
        }
    }

    private func book(_ command: Command, id: String, in tx: any Transaction) async throws -> [LedgerEntry] {
        guard let payment = try await payments.find(command.paymentId, in: tx) else {
            throw Problem.invalid("paymentId", "is no payment")
        }
        guard command.currency == payment.currency else {
            throw Problem.invalid("currency", "must be the payment's, \(payment.currency.code)")
        }
        let booking = LedgerBooking(
            transactionId: id, kind: .adjustment, paymentId: payment.id, orderId: payment.orderId,
            money: Money(command.amount, command.currency), note: "\(command.by): \(command.reason)")
        try await ledger.book(booking, in: tx)
        try await differences.adjusted(
            command.differenceId, payment: payment, amount: command.amount, by: command.by, reason: command.reason,
            in: tx)
        return booking.entries(at: context.loop.now)
    }
}
