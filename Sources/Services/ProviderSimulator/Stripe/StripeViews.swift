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

    /// `isUndecided` shows a payment that the bank still thinks about.
    init(_ root: SimulatedCharge, isUndecided: Bool = false) {
        id = root.id
        amount = root.stripe(root.amount)
        let isOpen = root.status == .authorised && !root.isVoided && root.captured == 0
        amountCapturable = isOpen ? amount : 0
        amountReceived = root.stripe(root.captured)
        captureMethod = root.action == .authorise ? "manual" : "automatic"
        created = root.chargedAt.milliseconds / 1000
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
            wrappedValue: isRefused && !isUndecided ? .declined(root.reason) : nil)
    }
}

struct StripeRefundView: Encodable, Sendable {
    let id: String
    let object = "refund"
    let amount: Int64
    let charge: String
    let created: Int64
    let currency: String
    @OrNull var failureReason: String?
    let metadata: [String: String]
    let paymentIntent: String
    @OrNull var reason: String?
    let status: String

    init(_ line: SimulatedCharge, of root: SimulatedCharge) {
        id = line.id
        amount = line.stripe(line.amount)
        charge = root.stripeChargeId
        created = line.chargedAt.milliseconds / 1000
        currency = line.currency.code.lowercased()
        metadata = line.stripeMetadata
        paymentIntent = root.id
        status = line.status == .refused ? "failed" : "succeeded"
        _failureReason = OrNull(wrappedValue: line.reason)
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
    let paymentIntent: String
    let refunded: Bool
    let status = "succeeded"

    init(_ root: SimulatedCharge) {
        id = root.stripeChargeId
        amount = root.stripe(root.amount)
        amountCaptured = root.stripe(root.captured)
        amountRefunded = root.stripe(root.refunded)
        captured = root.captured > 0
        created = root.chargedAt.milliseconds / 1000
        currency = root.currency.code.lowercased()
        metadata = root.stripeMetadata
        paymentIntent = root.id
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

    static let metadataPrefix = "metadata."

    var stripeMetadata: [String: String] {
        let pairs = details.compactMap { name, value in
            name.hasPrefix(Self.metadataPrefix)
                ? (String(name.dropFirst(Self.metadataPrefix.count)), value) : nil
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}
