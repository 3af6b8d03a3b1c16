import Kernel
import PaymentProviders

/// The comparison itself: takes what each side says, in any order, and tells what does not agree. Pure.
struct Comparison {
    private struct Movement {
        let payment: Payment
        let attempt: PaymentAttempt
    }
    /// What began before may be in the statement or not; `nil` where everything is in it.
    private let since: Timestamp?
    private var seen: Set<StatementLine> = []
    private var movements: [String: Movement] = [:]
    /// Before `since`.
    private var older: [String: Movement] = [:]
    private var refused: [String: Movement] = [:]
    private var ordersInFlight: Set<String> = []
    private(set) var movementCount = 0
    private(set) var statementCount = 0
    private(set) var inFlight = 0
    private(set) var differences: [ReconciliationReport.Difference] = []

    init(since: Timestamp? = nil) { self.since = since }

    /// Movements that were settled after `statementReadAt` may be in the statement or not: they are in flight.
    mutating func add(_ payment: Payment, statementReadAt: Timestamp) {
        for attempt in payment.attempts {
            if attempt.isOpen || attempt.settledAt.map({ $0 >= statementReadAt }) == true {
                inFlight += 1
                ordersInFlight.insert(payment.orderId)
                continue
            }
            guard let reference = attempt.reference else { continue }
            switch (attempt.action, attempt.state) {
            case (.charge, .succeeded), (.capture, .succeeded), (.refund, .succeeded):
                let movement = Movement(payment: payment, attempt: attempt)
                if let since, attempt.startedAt < since {
                    older[reference] = movement
                } else {
                    movementCount += 1
                    movements[reference] = movement
                }
            case (_, .refused): refused[reference] = Movement(payment: payment, attempt: attempt)
            default: break
            }
        }
    }

    /// To be called after all payments were added. A line that came before is the same one again.
    mutating func add(_ line: StatementLine) {
        guard seen.insert(line).inserted else { return }
        statementCount += 1
        let known = movements.removeValue(forKey: line.reference) ?? older.removeValue(forKey: line.reference)
        if let movement = known {
            let agrees =
                movement.attempt.amount == line.money.amount && movement.payment.currency == line.money.currency
            if !agrees { report(.amount, line, movement.payment, here: movement.attempt.amount) }
        } else if let movement = refused[line.reference] {
            report(.status, line, movement.payment, here: nil)
        } else if !ordersInFlight.contains(line.orderId) {
            report(.missingHere, line, nil, here: nil)
        }
    }

    /// To be called after all lines were added.
    mutating func finish() {
        for (reference, movement) in movements.sorted(by: { $0.key < $1.key }) {
            differences.append(
                .init(
                    kind: .missingThere, orderId: movement.payment.orderId, paymentId: movement.payment.id,
                    reference: reference, movement: movement.attempt.action == .refund ? .refund : .capture,
                    here: movement.attempt.amount, there: nil, currency: movement.payment.currency))
        }
        movements = [:]
    }

    /// What a payment's succeeded attempts and the ledger's bookings of them say of each other.
    mutating func compare(_ payment: Payment, booked: [String: Int64]) {
        var booked = booked
        for attempt in payment.attempts where attempt.state == .succeeded || attempt.state == .reversed {
            // What came back was booked in both directions.
            if attempt.state == .reversed {
                let rest = booked.removeValue(forKey: attempt.id) ?? 0
                if rest != 0 { report(payment, attempt.id, 0, rest) }
                continue
            }
            let sign: Int64
            switch attempt.action {
            case .charge, .capture: sign = 1
            case .refund: sign = -1
            case .authorise, .void: continue
            }
            let amount = booked.removeValue(forKey: attempt.id)
            if amount != attempt.amount * sign { report(payment, attempt.id, attempt.amount, amount.map { $0 * sign }) }
        }
        for (id, amount) in booked.sorted(by: { $0.key < $1.key }) { report(payment, id, nil, amount) }
    }

    private mutating func report(
        _ kind: ReconciliationReport.Difference.Kind, _ line: StatementLine, _ payment: Payment?, here: Int64?
    ) {
        differences.append(
            .init(
                kind: kind, orderId: line.orderId, paymentId: payment?.id, reference: line.reference,
                movement: line.kind, here: here, there: line.money.amount, currency: line.money.currency))
    }

    private mutating func report(_ payment: Payment, _ reference: String, _ here: Int64?, _ booked: Int64?) {
        differences.append(
            .init(
                kind: .ledger, orderId: payment.orderId, paymentId: payment.id, reference: reference,
                movement: (booked ?? 0) < 0 ? .refund : .capture, here: here, there: booked,
                currency: payment.currency))
    }
}
