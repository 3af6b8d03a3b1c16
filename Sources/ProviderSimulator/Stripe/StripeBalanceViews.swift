import Kernel
import PaymentProviders

/// A dispute as Stripe shows it. `movements` are its stages that moved money.
struct StripeDisputeView: Encodable, Sendable {
    let id: String
    let object = "dispute"
    let amount: Int64
    let balanceTransactions: [StripeBalanceTransactionView<String>]
    let charge: String
    let created: Int64
    let currency: String
    let metadata: [String: String] = [:]
    let paymentIntent: StripeExpandable
    let reason = "general"
    let status: String

    init(_ line: SimulatedCharge, of root: SimulatedCharge, movements: [SimulatedCharge], isExpanded: Bool = false) {
        id = line.about ?? line.id
        amount = line.stripe(line.amount)
        balanceTransactions = movements.map { StripeBalanceTransactionView($0, source: $0.about ?? $0.id) }
        charge = root.stripeChargeId
        created = line.chargedAt.milliseconds / 1000
        currency = line.currency.code.lowercased()
        paymentIntent = StripeExpandable(root, isExpanded: isExpanded)
        status =
            switch line.stage {
            case .won: "won"
            case .lost: "lost"
            case .fundsReinstated: "under_review"
            default: "needs_response"
            }
    }
}

/// A movement on the shop's balance at Stripe. The simulator settles in the currency of the payment.
struct StripeBalanceTransactionView<Source: Encodable & Sendable>: Encodable, Sendable {
    let id: String
    let object = "balance_transaction"
    let amount: Int64
    let created: Int64
    let currency: String
    let source: Source
    let type: String

    init(_ line: SimulatedCharge, source: Source) {
        let (type, sign): (String, Int64) =
            switch (line.action, line.stage) {
            case (.refund, _): ("refund", -1)
            case (.refundFailure, _): ("refund_failure", 1)
            case (.dispute, .fundsReinstated): ("adjustment", 1)
            case (.dispute, _): ("adjustment", -1)
            default: ("charge", 1)
            }
        id = "txn_" + line.id
        amount = line.stripe(line.amount) * sign
        created = line.chargedAt.milliseconds / 1000
        currency = line.currency.code.lowercased()
        self.source = source
        self.type = type
    }
}

/// The object that moved money on the balance, by its name or whole.
enum StripeSourceView: Encodable, Sendable {
    case id(String)
    case charge(StripeChargeView)
    case refund(StripeRefundView)
    case dispute(StripeDisputeView)

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .id(let id):
            var container = encoder.singleValueContainer()
            try container.encode(id)
        case .charge(let charge): try charge.encode(to: encoder)
        case .refund(let refund): try refund.encode(to: encoder)
        case .dispute(let dispute): try dispute.encode(to: encoder)
        }
    }
}

extension SimulatedCharge {
    /// Whether the line moved money on the balance.
    var movesBalance: Bool {
        switch (action, status, stage) {
        case (.charge, .captured, _), (.capture, .captured, _), (.refund, .refunded, _), (.refundFailure, .failed, _),
            (.dispute, _, .fundsWithdrawn), (.dispute, _, .fundsReinstated):
            true
        default: false
        }
    }
}
