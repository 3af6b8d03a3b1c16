import Kernel
import PaymentProviders

/// The book's lines as objects of Stripe's API. Amounts are Stripe's.
struct StripeIntentView: Encodable, Sendable {
    let id: String
    let object = "payment_intent"
    let amount: Int64
    let amountCapturable: Int64
    let amountReceived: Int64
    let captureMethod: String
    let confirmationMethod = "automatic"
    let created: Int64
    let currency: String
    @OrNull var lastPaymentError: StripeErrorDetails?
    @OrNull var latestCharge: String?
    let livemode = false
    let metadata: [String: String]
    @OrNull var paymentMethod: String?
    let paymentMethodTypes = ["card"]
    let status: String

    /// `isUndecided` shows a payment that the bank still thinks about, whatever the book says.
    init(_ root: SimulatedCharge, isUndecided: Bool = false) {
        let isUndecided = isUndecided || root.status == .pending
        id = root.id
        amount = root.stripe(root.amount)
        let isOpen = root.status == .authorised && !root.isVoided && root.captured == 0
        amountCapturable = isOpen ? amount : 0
        amountReceived = root.stripe(root.captured)
        captureMethod = root.action == .authorise ? "manual" : "automatic"
        created = (root.createdAt ?? root.chargedAt).milliseconds / 1000
        currency = root.currency.code.lowercased()
        metadata = root.stripeMetadata
        let isRefused = root.status == .refused
        if isUndecided {
            status = "processing"
        } else if isRefused {
            status = "requires_payment_method"
        } else if root.isVoided {
            status = "canceled"
        } else {
            status = isOpen ? "requires_capture" : "succeeded"
        }
        _paymentMethod = OrNull(wrappedValue: isRefused ? nil : root.details["payment_method"])
        _latestCharge = OrNull(wrappedValue: isRefused ? nil : root.stripeChargeId)
        _lastPaymentError = OrNull(
            wrappedValue: isRefused && !isUndecided ? .declined(root.declineCode) : nil)
    }
}

/// A PaymentIntent within another object: its name, or the whole where the request asked for that.
enum StripeExpandable: Encodable, Sendable {
    case id(String)
    indirect case whole(StripeIntentView)

    init(_ root: SimulatedCharge, isExpanded: Bool) {
        self = isExpanded ? .whole(StripeIntentView(root)) : .id(root.id)
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .id(let id):
            var container = encoder.singleValueContainer()
            try container.encode(id)
        case .whole(let intent): try intent.encode(to: encoder)
        }
    }
}

struct StripeRefundView: Encodable, Sendable {
    let id: String
    let object = "refund"
    let amount: Int64
    let charge: String
    let created: Int64
    let currency: String
    @OrNull var failureBalanceTransaction: String?
    @OrNull var failureReason: String?
    let metadata: [String: String]
    let paymentIntent: StripeExpandable
    @OrNull var reason: String?
    let status: String

    init(_ line: SimulatedCharge, of root: SimulatedCharge, isExpanded: Bool = false) {
        id = line.id
        amount = line.stripe(line.amount)
        charge = root.stripeChargeId
        created = (line.createdAt ?? line.chargedAt).milliseconds / 1000
        currency = line.currency.code.lowercased()
        metadata = line.stripeMetadata
        paymentIntent = StripeExpandable(root, isExpanded: isExpanded)
        let isFailed = line.status == .refused || line.reversal != nil
        status = isFailed ? "failed" : line.status == .pending ? "pending" : "succeeded"
        _failureBalanceTransaction = OrNull(wrappedValue: line.reversal.map { _ in "txn_" + line.id + "_failure" })
        _failureReason = OrNull(wrappedValue: line.reversal ?? line.reason)
        _reason = OrNull(wrappedValue: line.details["reason"])
    }
}

struct StripeChargeView: Encodable, Sendable {
    let id: String
    let object = "charge"
    let amount: Int64
    let amountCaptured: Int64
    let amountRefunded: Int64
    let captured: Bool
    let created: Int64
    let currency: String
    let metadata: [String: String]
    let paymentIntent: StripeExpandable
    let refunded: Bool
    let status = "succeeded"

    init(_ root: SimulatedCharge, isExpanded: Bool = false) {
        id = root.stripeChargeId
        amount = root.stripe(root.amount)
        amountCaptured = root.stripe(root.captured)
        amountRefunded = root.stripe(root.refunded)
        captured = root.captured > 0
        created = (root.createdAt ?? root.chargedAt).milliseconds / 1000
        currency = root.currency.code.lowercased()
        metadata = root.stripeMetadata
        paymentIntent = StripeExpandable(root, isExpanded: isExpanded)
        refunded = root.captured > 0 && root.refunded == root.captured
    }
}

struct StripeListView<Item: Encodable & Sendable>: Encodable, Sendable {
    /// `list`, or `search_result`.
    let object: String
    let data: [Item]
    let hasMore: Bool
    let url: String
}

extension SimulatedCharge {
    /// The amount as Stripe counts it; what came in by this dialect always goes out.
    func stripe(_ amount: Int64) -> Int64 {
        StripeAmount.amount(.init(amount, currency)) ?? amount
    }

    /// Stripe's own name for the charge within a PaymentIntent.
    var stripeChargeId: String { "ch_" + id.dropFirst(3) }

    /// The decline code of a test token, or of the fault that declines.
    var declineCode: String? { details["decline"] ?? reason }

    static let metadataPrefix = "metadata."

    var stripeMetadata: [String: String] {
        let pairs = details.compactMap { name, value in
            name.hasPrefix(Self.metadataPrefix)
                ? (String(name.dropFirst(Self.metadataPrefix.count)), value) : nil
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}
