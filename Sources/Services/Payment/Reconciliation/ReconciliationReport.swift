public import Kernel
public import PaymentProviders
public import Storage

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
