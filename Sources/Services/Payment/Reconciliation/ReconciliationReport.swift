public import Kernel
public import PaymentProviders
public import Storage

/// What a comparison of payments, ledger and the provider's own statement found. Kept; never changed.
public struct ReconciliationReport: Entity, Hashable {
    /// One line that does not agree.
    public struct Difference: Codable, Sendable, Hashable {
        public enum Kind: String, Codable, Sendable, CaseIterable {
            /// The provider moved money that no payment knows.
            case missingHere = "MISSING_HERE"
            /// A payment says that money was moved, the provider's statement does not.
            case missingThere = "MISSING_THERE"
            /// Both know the movement, with different amounts.
            case amount = "AMOUNT"
            /// The provider moved it, the payment says that it did not come about.
            case status = "STATUS"
            /// Payment and ledger disagree.
            case ledger = "LEDGER"
        }
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
    /// Lines of the provider's statement, movements of payments, and bookings that were compared.
    public let statementLines: Int
    public let movements: Int
    public let bookings: Int
    /// Attempts whose outcome is not known yet: not compared.
    public let inFlight: Int
    /// The sum of the ledger is zero.
    public let isBalanced: Bool
    public let differences: [Difference]

    public static let collection = Collection<ReconciliationReport>(
        "reconciliations",
        fields: [
            .time("startedAt", indexed: true) { $0.startedAt },
            .integer("differences") { Int64($0.differences.count) },
        ])
}
