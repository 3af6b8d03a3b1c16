import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Compares payments, ledger and the provider's statement, line by line, on request and now and then by itself.
struct Reconciling: Sendable {
    let context: ServiceContext
    let payments: Repository<Payment>
    let ledger: Ledger
    let reports: Repository<ReconciliationReport>
    let provider: any PaymentProvider
    let interval: Duration
    private let gauge: MetricFamily<Gauge>

    init(
        context: ServiceContext, payments: Repository<Payment>, ledger: Ledger,
        reports: Repository<ReconciliationReport>, provider: any PaymentProvider, interval: Duration
    ) {
        self.context = context
        self.payments = payments
        self.ledger = ledger
        self.reports = reports
        self.provider = provider
        self.interval = interval
        gauge = context.metrics.gauge(
            "sambal_reconciliation_differences", help: "What the last reconciliation found, by kind. Alert above 0.",
            labels: ["kind"])
    }

    func run() async throws {
        try await context.repeating(every: interval, failure: "reconciliation could not run this time") {
            _ = try await reconcile()
        }
    }

    func reconcile() async throws -> ReconciliationReport {
        let startedAt = context.loop.now
        // The statement first: a payment is durable before the provider hears of it, so every line finds its payment.
        let statement: [StatementLine]
        do throws(ProviderError) {
            statement = try await wholeStatement()
        } catch {
            throw Problem.unavailable("The provider's statement cannot be had now: \(error)")
        }
        // The two clocks may differ.
        var comparison = Comparison(since: provider.statementReach.map { startedAt - $0 + .seconds(3600) })
        var bookings = 0
        try await forEachPayment { payment, booked in
            guard payment.provider == provider.name else { return }
            comparison.add(payment, statementReadAt: startedAt)
            comparison.compare(payment, booked: booked)
            bookings += booked.count
        }
        for line in statement { comparison.add(line) }
        comparison.finish()
        let report = ReconciliationReport(
            id: context.identifiers.next("REC-"), startedAt: startedAt, statementLines: comparison.statementCount,
            movements: comparison.movementCount, bookings: bookings, inFlight: comparison.inFlight,
            isBalanced: try await ledger.trialBalance().isZero, differences: comparison.differences)
        tell(report)
        return try await reports.insert(report)
    }

    private func wholeStatement() async throws(ProviderError) -> [StatementLine] {
        var lines: [StatementLine] = []
        var cursor: String?
        for _ in 0..<Self.maximumPages {
            let page = try await provider.statement(
                in: StatementWindow(start: Timestamp(milliseconds: 0), end: context.loop.now), after: cursor)
            lines += page.lines
            guard let next = page.next else { return lines }
            guard next != cursor else { throw ProviderError("the provider's statement goes round in circles") }
            cursor = next
        }
        throw ProviderError("the provider's statement does not end")
    }

    private static let maximumPages = 100_000

    private func tell(_ report: ReconciliationReport) {
        for kind in ReconciliationReport.Difference.Kind.allCases {
            gauge.labelled(kind.rawValue).set(Double(report.differences.count { $0.kind == kind }))
        }
        if !report.differences.isEmpty || !report.isBalanced {
            context.log.error(
                "the books do not agree",
                ["reconciliation": .string(report.id), .count: .count(report.differences.count)])
        }
    }

    /// Page by page, each with what the ledger booked on what the provider owes, by attempt.
    private func forEachPayment(_ body: (Payment, [String: Int64]) -> Void) async throws {
        var last = ""
        while true {
            let after = last
            let part = try await payments.database.read { tx -> [(Payment, [String: Int64])] in
                let found = try await payments.all(
                    Query(where: [Condition("id", .greater, .text(after))], sort: [Sort("id")], limit: 500), in: tx)
                var part: [(Payment, [String: Int64])] = []
                for payment in found {
                    let entries = try await ledger.entries.all(
                        Query(where: [Condition("paymentId", .equal, .text(payment.id))], limit: 1000), in: tx)
                    let booked = entries.filter {
                        $0.account == .providerReceivable && [.capture, .refund, .refundReversal].contains($0.kind)
                    }
                    part.append((payment, Dictionary(booked.map { ($0.attemptId, $0.amount) }) { $0 + $1 }))
                }
                return part
            }
            for (payment, booked) in part { body(payment, booked) }
            guard part.count == 500, let end = part.last else { return }
            last = end.0.id
        }
    }
}
