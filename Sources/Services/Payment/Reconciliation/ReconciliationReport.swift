public import Kernel
public import PaymentProviders
public import Storage
import Telemetry

/// A run that compared payments, ledger and the provider's own records of a period, and what it found.
public struct ReconciliationReport: Entity, Hashable {
    public enum State: String, Codable, Sendable, CaseIterable {
        case running = "RUNNING"
        case done = "DONE"
        /// The provider's statement could not be had. What was compared until then stands; the next run goes on there.
        case failed = "FAILED"
    }
    /// A difference as this run found it; its record tells what became of it.
    public struct Difference: Codable, Sendable, Hashable {
        public enum Kind: String, Codable, Sendable, CaseIterable {
            /// The provider moved money that no payment knows, and that could not be adopted.
            case missingInLedger = "MISSING_HERE"
            /// A payment says that money was moved, the provider's statement does not.
            case missingInStatement = "MISSING_THERE"
            /// Both know the movement, with different amounts.
            case amount = "AMOUNT"
            /// The provider moved it, the payment says that it did not come about.
            case status = "STATUS"
            /// Payment and ledger disagree.
            case ledger = "LEDGER"
        }
        /// The identifier of its record at `/api/differences`.
        public var id: String?
        public let kind: Kind
        public let orderId: String
        public let paymentId: String?
        /// The provider's name for the movement, or the attempt's id.
        public let reference: String
        public let movement: StatementLine.Kind
        /// Minor units; `nil` on the side that does not know it.
        public let here: Int64?
        public let there: Int64?
        public let currency: Currency
    }
    public let id: String
    public var version: Int64 = 0
    public let startedAt: Timestamp
    public internal(set) var state: State? = .running
    /// The period, and how far it is compared.
    public internal(set) var start: Timestamp?
    public internal(set) var end: Timestamp?
    public internal(set) var doneUntil: Timestamp?
    public internal(set) var finishedAt: Timestamp?
    public internal(set) var failure: String?
    /// Lines of the provider's statement, movements of payments, and bookings that were compared.
    public internal(set) var statementLines = 0
    public internal(set) var movements = 0
    public internal(set) var bookings = 0
    /// Attempts whose outcome is not known yet, and movements newer than the statement: not compared.
    public internal(set) var inFlight = 0
    /// Movements that only the provider knew, and that were taken over.
    public internal(set) var adopted: Int?
    /// The bookings that were compared sum to zero.
    public internal(set) var isBalanced = true
    /// At most 100; all of them are at `/api/differences`.
    public internal(set) var differences: [Difference] = []

    public static let collection = Collection<ReconciliationReport>(
        "reconciliations",
        fields: [
            .time("startedAt", indexed: true) { $0.startedAt },
            .integer("differences") { Int64($0.differences.count) },
        ])
}

/// The findings of a run so far.
struct ReconciliationFindings: Sendable {
    var statementLines = 0
    var matchedLines = 0
    var movements = 0
    var bookings = 0
    var inFlight = 0
    var adopted = 0
    var isBalanced = true
    var capturedAmount = Int128(0)
    var confirmedAmount = Int128(0)
    /// The open differences; `ids` has the identifiers of all that were found.
    var differences: [ReconciliationReport.Difference] = []
    var ids: Set<String> = []
    /// The references of differences that were open before the run.
    var openReferences: Set<String> = []
    /// Lines about refunds that payments record as refused, until all lines of the period are read.
    var refusedInPayments: [StatementLine] = []
    /// The statement's lines of the preceding period.
    var previousLines: Set<StatementLine> = []
}

/// The metrics of reconciliation.
struct ReconciliationMetrics: Sendable {
    private let open: MetricFamily<Gauge>
    private let cleared: Gauge
    private let matched: Gauge
    private let oldest: Gauge

    init(_ metrics: MetricsRegistry) {
        open = metrics.gauge(
            "sambal_reconciliation_differences", help: "Open differences, by kind. Alert above 0.", labels: ["kind"])
        cleared = metrics.gauge(
            "sambal_reconciliation_cleared_ratio",
            help: "Clearing: the share of the captured amount that the provider's statement confirms, in the last run.")
        matched = metrics.gauge(
            "sambal_reconciliation_matched_ratio",
            help: "Completeness: the share of the statement's lines that a payment knows, in the last run.")
        oldest = metrics.gauge(
            "sambal_reconciliation_oldest_unconfirmed_seconds",
            help: "Timeliness: the age of the oldest movement that the statement does not confirm; 0 if there is none.")
    }

    func tell(
        _ differences: [ReconciliationDifference], _ found: ReconciliationFindings, at now: Timestamp
    ) {
        for kind in ReconciliationReport.Difference.Kind.allCases {
            open.labelled(kind.rawValue).set(differences.count { $0.kind == kind })
        }
        cleared.set(found.capturedAmount == 0 ? 1 : Double(found.confirmedAmount) / Double(found.capturedAmount))
        matched.set(found.statementLines == 0 ? 1 : Double(found.matchedLines) / Double(found.statementLines))
        let unconfirmed = differences.filter { $0.kind == .missingInStatement }.compactMap(\.movedAt).min()
        oldest.set(unconfirmed.map { (now - $0).seconds } ?? 0)
    }
}
