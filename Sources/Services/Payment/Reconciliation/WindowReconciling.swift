import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Compares one period: what the ledger booked in it, line by line with what the provider says that it moved. What only
/// the provider knows is taken over.
struct WindowReconciling: Sendable {
    let context: ServiceEnvironment
    let payments: Repository<Payment>
    let ledger: Ledger
    let provider: any PaymentProvider
    let step: PaymentStep
    let book: DifferenceBook
    let settings: PaymentSettings
    static let batch = 500
    private static let (maximumPages, pageTries) = (100_000, 3)

    func reconcile(
        _ window: StatementWindow, readAt: Timestamp, _ found: inout ReconciliationFindings
    ) async throws {
        // The two clocks may differ.
        let since = provider.statementReach.map { readAt - $0 + .seconds(3600) }
        var comparison = Comparison(readAt: readAt, since: since)
        let touched = try await record(window, in: &comparison, &found)
        let slack = settings.reconcileOverlap
        let wider = StatementWindow(start: window.start - slack, end: min(window.end + slack, context.loop.now))
        if provider.hasStatement {
            try await eachPage(of: wider) { line in try await compare(line, &comparison, &found) }
        } else {
            try await eachCharge(touched, window) { line in try await compare(line, &comparison, &found) }
        }
        try await compareRefused(comparison, &found)
        for movement in comparison.missing {
            try await report(
                .init(
                    kind: .missingInStatement, orderId: movement.orderId, paymentId: movement.paymentId,
                    reference: movement.reference, movement: movement.kind, here: movement.money.amount, there: nil,
                    currency: movement.money.currency), movedAt: movement.movedAt, &found)
        }
        found.movements += comparison.movementCount
        // Periods overlap in the statement: a line of both counts once.
        found.statementLines += comparison.seen.subtracting(found.previousLines).count
        found.previousLines = comparison.seen
        found.capturedAmount += comparison.capturedAmount
        found.confirmedAmount += comparison.confirmedAmount
        found.inFlight =
            comparison.inFlight + (try await payments.count(where: [.greaterOrEqual("checkAt", 0)]))
    }

    // MARK: - What is recorded here

    /// Adds the period's bookings, and compares them with their payments. Returns the payments' identifiers.
    private func record(
        _ window: StatementWindow, in comparison: inout Comparison, _ found: inout ReconciliationFindings
    ) async throws -> Set<String> {
        var (touched, offset) = (Set<String>(), 0)
        while true {
            let query = Query(
                where: [
                    .greaterOrEqual("movedAt", FieldValue(window.start)), .less("movedAt", FieldValue(window.end)),
                ], sort: [Sort("movedAt")], limit: Self.batch, offset: offset)
            let known = touched
            let (entries, looked) = try await payments.database.read { tx in
                let entries = try await ledger.entries.all(query, in: tx)
                var looked: [String: (Payment, [LedgerEntry])] = [:]
                for id in Set(entries.map(\.paymentId)) {
                    guard let payment = try await payments.find(id, in: tx) else { continue }
                    let all = known.contains(id) ? [] : try await bookings(of: payment, in: tx)
                    looked[id] = (payment, all)
                }
                return (entries, looked)
            }
            for (id, look) in looked.sorted(by: { $0.key < $1.key }) where look.0.provider == provider.name {
                if touched.insert(id).inserted { try await check(look.0, look.1, &found) }
            }
            for entry in entries {
                guard let payment = looked[entry.paymentId]?.0, payment.provider == provider.name else { continue }
                if let movement = payment.movement(of: entry) { comparison.add(movement) }
            }
            found.bookings += entries.count
            guard entries.count == Self.batch else { return touched }
            offset += entries.count
        }
    }

    private func bookings(of payment: Payment, in tx: any ReadTransaction) async throws -> [LedgerEntry] {
        try await ledger.entries.all(
            Query(where: [.equal("paymentId", .text(payment.id))], limit: 2 * Payment.maximumAttempts * 2), in: tx)
    }

    private func check(
        _ payment: Payment, _ entries: [LedgerEntry], _ found: inout ReconciliationFindings
    ) async throws {
        let sums = Dictionary(entries.map { ($0.transactionId, Int128($0.amount)) }) { $0 + $1 }
        if sums.values.contains(where: { $0 != 0 }) { found.isBalanced = false }
        for (attempt, here, booked) in Comparison.compare(payment, booked: Self.booked(entries)) {
            try await report(
                .init(
                    kind: .ledger, orderId: payment.orderId, paymentId: payment.id, reference: attempt,
                    movement: (here ?? booked ?? 0) < 0 ? .refund : .capture, here: here.map(Self.unsigned),
                    there: booked.map(Self.unsigned), currency: payment.currency), movedAt: nil, &found)
        }
    }

    func ledgerAgrees(_ difference: ReconciliationDifference) async throws -> Bool {
        guard let id = difference.paymentId else { return false }
        return try await payments.database.read { tx in
            guard let payment = try await payments.find(id, in: tx) else { return false }
            let booked = Self.booked(try await bookings(of: payment, in: tx))
            return !Comparison.compare(payment, booked: booked).contains { $0.0 == difference.reference }
        }
    }

    /// Returns the amounts booked on the account of the provider's debt, by attempt.
    private static func booked(_ entries: [LedgerEntry]) -> [String: Int64] {
        let moved = entries.filter {
            $0.account == .providerReceivable && [.capture, .refund, .refundReversal].contains($0.kind)
        }
        return Dictionary(moved.map { ($0.attemptId, $0.amount) }) { one, other in
            let (sum, overflow) = one.addingReportingOverflow(other)
            return overflow ? .max : sum
        }
    }

    private static func unsigned(_ amount: Int64) -> Int64 { Int64(clamping: amount.magnitude) }

    // MARK: - What the provider says

    /// A page that cannot be had is asked for again before the period is given up for this run.
    private func eachPage(
        of window: StatementWindow, _ body: (StatementLine) async throws -> Void
    ) async throws {
        var cursor: String?
        for _ in 0..<Self.maximumPages {
            let page = try await page(of: window, after: cursor)
            for line in page.lines { try await body(line) }
            guard let next = page.next else { return }
            guard next != cursor else { throw ProviderError("the provider's statement goes round in circles") }
            cursor = next
        }
        throw ProviderError("the provider's statement does not end")
    }

    private func page(of window: StatementWindow, after cursor: String?) async throws -> StatementPage {
        for number in 1..<Self.pageTries {
            if let page = try? await provider.statement(in: window, after: cursor) { return page }
            try await context.loop.sleep(for: settings.retry.delay(after: number))
        }
        return try await provider.statement(in: window, after: cursor)
    }

    // MARK: - Line by line

    private func compare(
        _ line: StatementLine, _ comparison: inout Comparison, _ found: inout ReconciliationFindings
    ) async throws {
        switch comparison.match(line) {
        case .agrees(let movement):
            guard movement != nil else { return }
            try await matched(line, &found)
        case .differs(let movement):
            try await report(.amount, line, movement.paymentId, movement.money.amount, &found)
        case .unknown: try await lookUp(line, &found)
        }
    }

    /// Refunds that are refused here: one that failed before its success was told here came about on neither side.
    /// Where that stands on another line, perhaps of a later page, there is nothing to take over.
    private func compareRefused(_ comparison: Comparison, _ found: inout ReconciliationFindings) async throws {
        let refunds = found.refusedInPayments
        guard !refunds.isEmpty else { return }
        found.refusedInPayments = []
        let failed = Set(comparison.seen.filter { $0.kind == .refundFailure }.map(\.reference))
        for line in refunds {
            if failed.contains(line.reference) {
                try await matched(line, &found)
            } else {
                try await lookUp(line, isLast: true, &found)
            }
        }
    }

    private func matched(_ line: StatementLine, _ found: inout ReconciliationFindings) async throws {
        if !found.previousLines.contains(line) { found.matchedLines += 1 }
        guard found.openReferences.contains(line.reference) else { return }
        try await book.agrees(reference: line.reference)
    }

    private enum Finding: Sendable {
        case known, adopted, inFlight, refusedInPayments
        case missing(String?)
        case differs(String, Int64)
        case refused(String)
    }

    private func lookUp(
        _ line: StatementLine, isLast: Bool = false, _ found: inout ReconciliationFindings
    ) async throws {
        switch try await finding(line, isLast: isLast) {
        case .known: try await matched(line, &found)
        case .adopted:
            found.adopted += 1
            try await matched(line, &found)
        case .inFlight: break
        case .refusedInPayments: found.refusedInPayments.append(line)
        case .differs(let payment, let amount): try await report(.amount, line, payment, amount, &found)
        case .refused(let payment): try await report(.status, line, payment, nil, &found)
        case .missing(let payment): try await report(.missingInLedger, line, payment, nil, &found)
        }
    }

    private func finding(_ line: StatementLine, isLast: Bool) async throws -> Finding {
        try await context.transaction(onConflict: .retry) { tx in
            guard let payment = try await payment(of: line, in: tx), payment.provider == provider.name else {
                return .missing(nil)
            }
            switch line.kind {
            case .capture, .refund: return try await money(line, payment, isLast: isLast, in: tx)
            case .refundFailure: return try await failure(line, payment, in: tx)
            case .dispute, .disputeReversal: return try await dispute(line, payment, in: tx)
            }
        }
    }

    private func payment(of line: StatementLine, in tx: any ReadTransaction) async throws -> Payment? {
        if !line.orderId.isEmpty,
            let known = try await payments.first(where: [.equal("orderId", .text(line.orderId))], in: tx)
        {
            return known
        }
        for reference in [line.chargeReference, line.reference].compactMap({ $0 }) {
            let known = try await payments.first(where: [.equal("reference", .text(reference))], in: tx)
            if let known { return known }
        }
        return nil
    }

    private func money(
        _ line: StatementLine, _ payment: Payment, isLast: Bool, in tx: any Transaction
    ) async throws -> Finding {
        let movement = ProviderMovement(
            action: line.kind == .refund ? .refund : .capture, money: line.money, orderId: line.orderId,
            reference: line.reference, chargeReference: line.chargeReference, idempotencyKey: line.idempotencyKey)
        let attempt = payment.attempt(of: movement)
        if let attempt {
            guard !attempt.isOpen else { return .inFlight }
            if attempt.state == .succeeded || attempt.state == .reversed {
                return line.money == Money(attempt.amount, payment.currency)
                    ? .known : .differs(payment.id, attempt.amount)
            }
            if attempt.action == .refund, !isLast { return .refusedInPayments }
        } else if payment.attempts.contains(where: { $0.isOpen && $0.action != .void }) {
            // The answer that is awaited may tell of it.
            return .inFlight
        }
        let adoption = try await step.adopt(movement, to: payment, isConfirmed: true, in: tx)
        if case .applied = adoption { return .adopted }
        return attempt == nil ? .missing(payment.id) : .refused(payment.id)
    }

    private func failure(_ line: StatementLine, _ payment: Payment, in tx: any Transaction) async throws -> Finding {
        let refunds = payment.attempts.filter { $0.action == .refund && $0.amount == line.money.amount }
        let named = refunds.filter {
            $0.reference == line.reference || $0.idempotencyKey == line.idempotencyKey
        }
        let candidates = named.isEmpty ? refunds : named
        guard !candidates.contains(where: \.isOpen) else { return .inFlight }
        if let standing = candidates.last(where: { $0.state == .succeeded }),
            named.isEmpty == false || refunds.count == 1
        {
            _ = try await step.settle(
                payment, attempt: standing.id, .refused(reason: "the refund did not arrive"), isConfirmed: true,
                in: tx)
            return .adopted
        }
        return candidates.contains { $0.state == .reversed || $0.state == .refused } ? .known : .missing(payment.id)
    }

    private func dispute(_ line: StatementLine, _ payment: Payment, in tx: any Transaction) async throws -> Finding {
        // Its capture may stand on a later line.
        guard payment.isTaken || !payment.attempts.contains(where: \.isOpen) else { return .inFlight }
        let disputes = (payment.disputes ?? []).filter { $0.amount == line.money.amount }
        let known = disputes.first { $0.id == line.reference } ?? disputes.last
        let isWithdrawal = line.kind == .dispute
        if let known, known.isWithdrawn == isWithdrawal { return .known }
        // A withdrawal that was reinstated meanwhile is in the statement for good.
        if isWithdrawal, let known, known.stage == .fundsReinstated || known.stage == .won { return .known }
        guard isWithdrawal || known != nil else { return .missing(payment.id) }
        let adoption = try await step.dispute(
            known?.id ?? line.reference, isWithdrawal ? .fundsWithdrawn : .fundsReinstated, line.money, of: payment,
            in: tx)
        if case .applied = adoption { return .adopted }
        return .missing(payment.id)
    }

    private func report(
        _ kind: ReconciliationReport.Difference.Kind, _ line: StatementLine, _ paymentId: String?, _ here: Int64?,
        _ found: inout ReconciliationFindings
    ) async throws {
        try await report(
            .init(
                kind: kind, orderId: line.orderId, paymentId: paymentId, reference: line.reference,
                movement: line.kind, here: here, there: line.money.amount, currency: line.money.currency),
            movedAt: line.movedAt, &found)
    }

    private func report(
        _ difference: ReconciliationReport.Difference, movedAt: Timestamp?, _ found: inout ReconciliationFindings
    ) async throws {
        let (id, isOpen) = try await book.found(difference, movedAt: movedAt)
        guard found.ids.insert(id).inserted, isOpen else { return }
        var difference = difference
        difference.id = id
        found.differences.append(difference)
    }
}
