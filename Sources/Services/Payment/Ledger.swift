import HTTP
public import Kernel
import REST
import ServiceHost
public import Storage

/// Books movements in the transaction of the step that they belong to.
struct Ledger: Sendable {
    let entries: Repository<LedgerEntry>
    let loop: any Loop

    /// Throws if the transaction was booked before: the step must not stand either then.
    func book(_ booking: LedgerBooking, in tx: any Transaction) async throws {
        for entry in booking.entries(at: loop.now) { try await entries.insert(entry, in: tx) }
    }

    /// Balance by account and currency, read in one consistent view.
    func trialBalance() async throws -> TrialBalance {
        try await entries.database.read(.report) { tx in
            var balance = TrialBalance()
            var (last, isLast) = ("", false)
            while !isLast {
                let part = try await entries.all(
                    Query(where: [Condition("id", .greater, .text(last))], sort: [Sort("id")], limit: 1000), in: tx)
                for entry in part { balance.add(entry) }
                last = part.last?.id ?? last
                isLast = part.count < 1000
            }
            return balance
        }
    }
}

/// The balance of each account. The sum over all accounts is zero, or the books are broken.
struct TrialBalance: Codable, Sendable {
    struct Line: Codable, Sendable {
        let currency: Currency
        let account: LedgerAccount
        var amount: WideAmount
    }
    private(set) var accounts: [Line] = []
    /// By currency; each is zero.
    private(set) var sums: [String: WideAmount] = [:]
    private(set) var entries = 0

    var isZero: Bool { sums.values.allSatisfy { $0.value == 0 } }

    mutating func add(_ entry: LedgerEntry) {
        entries += 1
        if let index = accounts.firstIndex(where: { $0.account == entry.account && $0.currency == entry.currency }) {
            accounts[index].amount.value += Int128(entry.amount)
        } else {
            accounts.append(Line(currency: entry.currency, account: entry.account, amount: WideAmount(entry.amount)))
        }
        sums[entry.currency.code, default: WideAmount(0)].value += Int128(entry.amount)
    }
}

/// A sum of amounts, in minor units, that no number of 64-bit amounts overflows. In JSON a number, or its digits as a
/// string beyond what readers of JSON numbers can be expected to hold.
struct WideAmount: Codable, Sendable, Hashable {
    var value: Int128

    init(_ amount: Int64) { value = Int128(amount) }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let amount = try? container.decode(Int64.self) {
            value = Int128(amount)
            return
        }
        guard let wide = Int128(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "is not a whole number")
        }
        value = wide
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let amount = Int64(exactly: value) {
            try container.encode(amount)
        } else {
            try container.encode(value.description)
        }
    }
}

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
    /// The attempt that moved the money (`.reversal` behind it for one that came back), the dispute's or the
    /// adjustment's id.
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
