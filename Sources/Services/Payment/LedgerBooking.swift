public import Kernel
public import Storage

/// A movement of money as double entry: what is debited on one account is credited on another.
public struct LedgerBooking: Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case capture = "CAPTURE"
        case refund = "REFUND"
        /// A refund did not arrive: its money is the shop's again.
        case refundReversal = "REFUND_REVERSAL"
        /// The buyer's bank took money back.
        case dispute = "DISPUTE"
        case disputeReversal = "DISPUTE_REVERSAL"
        case adjustment = "ADJUSTMENT"
    }
    public let transactionId: String
    public let kind: Kind
    public let paymentId: String
    public let orderId: String
    /// More than 0, whatever the direction; either sign for an adjustment of what the provider owes.
    public let money: Money
    public var note: String?

    public init(
        transactionId: String, kind: Kind, paymentId: String, orderId: String, money: Money, note: String? = nil
    ) {
        self.transactionId = transactionId
        self.kind = kind
        self.paymentId = paymentId
        self.orderId = orderId
        self.money = money
        self.note = note
    }

    /// The two sides. Their sum is zero by construction.
    public func entries(at time: Timestamp) -> [LedgerEntry] {
        let (debit, credit): (LedgerAccount, LedgerAccount) =
            switch kind {
            case .capture: (.providerReceivable, .sales)
            case .refund: (.refunds, .providerReceivable)
            case .refundReversal: (.providerReceivable, .refunds)
            case .dispute: (.disputes, .providerReceivable)
            case .disputeReversal: (.providerReceivable, .disputes)
            case .adjustment: (.providerReceivable, .adjustments)
            }
        return [(debit, money.amount), (credit, -money.amount)].map { account, amount in
            LedgerEntry(
                id: transactionId + "|" + account.rawValue, transactionId: transactionId, kind: kind,
                paymentId: paymentId, orderId: orderId, account: account, amount: amount, currency: money.currency,
                bookedAt: time, note: note)
        }
    }
}

/// One side of a booking. Never changed, never deleted; the sides of one transaction sum to zero.
public struct LedgerEntry: Entity, Hashable {
    /// The transaction and the account: a booking made twice is refused by the database.
    public let id: String
    public var version: Int64 = 0
    /// The attempt that moved the money (`.reversal` behind it for one that came back), the dispute's or the adjustment's id.
    public let transactionId: String
    public let kind: LedgerBooking.Kind
    public let paymentId: String
    public let orderId: String
    public let account: LedgerAccount
    /// Minor units; debits are positive, credits negative.
    public let amount: Int64
    public let currency: Currency
    public let bookedAt: Timestamp
    /// The person and the reason of an adjustment.
    public let note: String?

    public static let collection = Collection<LedgerEntry>(
        "ledger",
        fields: [
            .text("transactionId", indexed: true) { $0.transactionId },
            .text("paymentId", indexed: true) { $0.paymentId },
            .text("orderId") { $0.orderId },
            .text("account") { $0.account.rawValue },
            .integer("amount") { $0.amount },
            .time("bookedAt") { $0.bookedAt },
            .time("movedAt", indexed: true) { $0.account == .providerReceivable ? $0.bookedAt : nil },
        ])
}

extension LedgerEntry {
    /// The attempt that a booking of a movement is about.
    var attemptId: String { kind == .refundReversal ? String(transactionId.prefix { $0 != "." }) : transactionId }
}

/// Where money stands.
public enum LedgerAccount: String, Codable, Sendable, CaseIterable {
    /// Money that the provider owes the shop.
    case providerReceivable = "PROVIDER_RECEIVABLE"
    /// Sales.
    case sales = "SALES"
    /// Refunds.
    case refunds = "REFUNDS"
    /// Chargebacks by buyers' banks.
    case disputes = "DISPUTES"
    /// Corrections by reconciliation.
    case adjustments = "ADJUSTMENTS"
}
