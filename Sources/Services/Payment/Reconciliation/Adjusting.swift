import HTTP
import Idempotency
import Kernel
import ServiceHost
import Storage

/// `POST /api/ledger/adjustments`: the only way to repair a difference. It is recorded with who and why, and booked as
/// double entry like everything else.
struct Adjusting: Sendable {
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
    let context: ServiceContext
    let payments: Repository<Payment>
    let ledger: Ledger
    let idempotency: IdempotencyStore
    let differences: DifferenceBook

    func adjust(_ request: Request, _ command: Command) async throws -> Response {
        guard let key = try IdempotencyKey(request.headers, client: "", required: true) else {
            throw Problem.invalid(IdempotencyKey.header, "is required")
        }
        var errors: [Problem.Field] = []
        if command.amount == 0 || !(-Money.limit...Money.limit).contains(command.amount) {
            errors.append(.init(field: "amount", message: "must be from -\(Money.limit) to \(Money.limit), and not 0"))
        }
        if command.reason.isEmpty { errors.append(.init(field: "reason", message: "must say why")) }
        if command.by.isEmpty { errors.append(.init(field: "by", message: "must say who")) }
        guard errors.isEmpty else { throw Problem.invalid(errors) }
        let newId = context.identifiers.next("ADJ-")
        return try await context.transaction { tx in
            switch try await idempotency.begin(key, for: request, subject: newId, lease: .seconds(10), in: tx) {
            case .replay(let response): return response
            case .started(let claim): return try await book(command, id: newId, claim, in: tx)
            case .resumed(let claim, let id): return try await book(command, id: id, claim, in: tx)
            }
        }
    }

    private func book(
        _ command: Command, id: String, _ claim: IdempotencyClaim, in tx: any Transaction
    ) async throws -> Response {
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
        let response = try Response.json(booking.entries(at: context.loop.now), status: 201)
        try await idempotency.complete(claim, with: response, in: tx)
        return response
    }
}
