public import Kernel

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
