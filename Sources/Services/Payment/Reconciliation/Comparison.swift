import Kernel
import PaymentProviders

/// A movement of money that a payment knows and the ledger has booked.
struct RecordedMovement: Sendable, Hashable {
    let paymentId: String
    let orderId: String
    /// The provider's name for it.
    let reference: String
    let kind: StatementLine.Kind
    let money: Money
    let movedAt: Timestamp
}

/// Compares what payments recorded in a period with the lines of the provider's statement, in any order. Pure.
struct Comparison: Sendable {
    enum Match: Sendable, Hashable {
        /// Both know it. `nil` if the line came before.
        case agrees(RecordedMovement?)
        /// Both know it, with different amounts.
        case differs(RecordedMovement)
        /// None of the period's movements: it may be an older one, or nobody here knows it.
        case unknown
    }
    private struct Key: Hashable {
        let kind: StatementLine.Kind
        let reference: String
    }
    /// The time from which on records may be in the statement or not.
    private let readAt: Timestamp
    /// The time before which records may be in the statement or not; `nil` if everything is in it.
    private let since: Timestamp?
    private(set) var seen: Set<StatementLine> = []
    private var recorded: [Key: RecordedMovement] = [:]
    private(set) var movementCount = 0
    var statementCount: Int { seen.count }
    private(set) var inFlight = 0
    /// The amount of captures, in minor units of whatever currency: for a share, not for a sum.
    private(set) var capturedAmount = Int128(0)
    private(set) var confirmedAmount = Int128(0)

    init(readAt: Timestamp, since: Timestamp? = nil) {
        self.readAt = readAt
        self.since = since
    }

    mutating func add(_ movement: RecordedMovement) {
        let key = Key(kind: movement.kind, reference: movement.reference)
        guard recorded[key] == nil else { return }
        recorded[key] = movement
        if movement.movedAt >= readAt { inFlight += 1 } else { movementCount += 1 }
        if movement.kind == .capture { capturedAmount += Int128(movement.money.amount) }
    }

    /// To be called after the period's movements were added.
    mutating func match(_ line: StatementLine) -> Match {
        guard seen.insert(line).inserted else { return .agrees(nil) }
        guard let movement = recorded.removeValue(forKey: Key(kind: line.kind, reference: line.reference)) else {
            return .unknown
        }
        guard movement.money == line.money else { return .differs(movement) }
        if line.kind == .capture { confirmedAmount += Int128(line.money.amount) }
        return .agrees(movement)
    }

    /// Returns what the statement should show and does not, the oldest first. To be called after all lines.
    var missing: [RecordedMovement] {
        let first = since ?? Timestamp(milliseconds: 0)
        return recorded.values.filter { $0.movedAt < readAt && $0.movedAt >= first }
            .sorted { ($0.movedAt, $0.reference) < ($1.movedAt, $1.reference) }
    }

    /// Compares a payment's attempts with the ledger's bookings of them. Returns the differences as (attempt, recorded,
    /// booked).
    static func compare(_ payment: Payment, booked: [String: Int64]) -> [(String, Int64?, Int64?)] {
        var (booked, differences) = (booked, [(String, Int64?, Int64?)]())
        for attempt in payment.attempts where attempt.movesMoney {
            let expected =
                attempt.state == .reversed ? 0 : attempt.action == .refund ? -attempt.amount : attempt.amount
            let amount = booked.removeValue(forKey: attempt.id)
            if amount ?? 0 != expected { differences.append((attempt.id, expected, amount)) }
        }
        for (id, amount) in booked.sorted(by: { $0.key < $1.key }) where amount != 0 {
            differences.append((id, nil, amount))
        }
        return differences
    }
}

extension PaymentAttempt {
    /// It took money or gave it back, also if that was undone later.
    fileprivate var movesMoney: Bool {
        (state == .succeeded || state == .reversed) && action != .authorise && action != .void
    }
}

extension Payment {
    /// The movement that a booking is about; `nil` if nothing at the provider corresponds to it.
    func movement(of entry: LedgerEntry) -> RecordedMovement? {
        let kind: StatementLine.Kind
        switch entry.kind {
        case .capture: kind = .capture
        case .refund: kind = .refund
        case .refundReversal: kind = .refundFailure
        // Providers name the movements of a chargeback in ways of their own: they are found from the statement's side.
        case .dispute, .disputeReversal, .adjustment: return nil
        }
        guard let attempt = attempts.first(where: { $0.id == entry.attemptId }), let reference = attempt.reference
        else { return nil }
        return RecordedMovement(
            paymentId: id, orderId: orderId, reference: reference, kind: kind, money: Money(attempt.amount, currency),
            movedAt: entry.bookedAt)
    }
}
