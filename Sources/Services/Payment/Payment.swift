public import Kernel
public import Messaging
import PaymentProviders
public import Storage

/// The aggregate: the one payment of an order. What was asked of the provider is kept as attempts; what came of them
/// makes the status and the amounts.
public struct Payment: Aggregate, Hashable {
    public let id: String
    public var version: Int64 = 0
    public var recorded = RecordedEvents()
    /// Unique: an order has at most one payment.
    public let orderId: String
    /// The amount that may be taken at most, in minor units; 0 if the order was cancelled before a payment was begun.
    public internal(set) var amount: Int64
    public internal(set) var currency: Currency
    public internal(set) var provider: String
    public internal(set) var status: PaymentStatus = .pending
    /// The amount that was taken, and how much of it was given back, in minor units.
    public internal(set) var capturedAmount: Int64 = 0
    public internal(set) var refundedAmount: Int64 = 0
    /// The provider's name for the charge or the reservation.
    public internal(set) var reference: String?
    public internal(set) var attempts: [PaymentAttempt] = []
    public internal(set) var failureReason: String?
    public let requestedAt: Timestamp
    public internal(set) var capturedAt: Timestamp?
    /// When a reservation that nobody captured is given up.
    public internal(set) var expiresAt: Timestamp?
    /// Since then all of it is to be given back, whatever is taken or reserved and whenever that becomes known.
    public internal(set) var cancellationRequestedAt: Timestamp?
    /// When giving back is tried again, after the provider refused.
    public internal(set) var giveBackAt: Timestamp?
    /// Refusals before do not count: an operator decided to try again.
    public internal(set) var giveBackSince: Timestamp?
    public internal(set) var disputes: [PaymentDispute]?

    /// The order's: a payment's events are told in the order of that order's story.
    public var eventSubject: String { orderId }

    public static let collection = Collection<Payment>(
        "payments",
        fields: [
            .text("orderId", unique: true) { $0.orderId },
            .text("status", indexed: true) { $0.status.rawValue },
            .integer("amount") { $0.amount },
            .time("requestedAt") { $0.requestedAt },
            .time("checkAt", indexed: true) { $0.checkAt },
            .text("reference", indexed: true) { $0.reference },
        ])

    init(id: String, orderId: String, money: Money, provider: String, requestedAt: Timestamp) {
        self.id = id
        self.orderId = orderId
        amount = money.amount
        currency = money.currency
        self.provider = provider
        self.requestedAt = requestedAt
    }

    /// When something is to be found out or tried again, or a reservation to be given up; `nil` if nothing is open.
    var checkAt: Timestamp? {
        let open = attempts.filter(\.isOpen).map(\.checkAt) + attempts.compactMap(\.verifyAt)
        let due = (open + [giveBackAt].compactMap { $0 }).min()
        return due ?? (status == .authorised ? expiresAt : nil)
    }
}

/// How far a payment is.
public enum PaymentStatus: String, Codable, Sendable, CaseIterable {
    /// Asked for; the provider has not confirmed.
    case pending = "PENDING"
    /// The money is reserved.
    case authorised = "AUTHORISED"
    case captured = "CAPTURED"
    case partiallyRefunded = "PARTIALLY_REFUNDED"
    case refunded = "REFUNDED"
    /// The provider refused; nothing was taken.
    case failed = "FAILED"
    /// The reservation was given up on request, or no payment was begun before the order was cancelled.
    case cancelled = "CANCELLED"
    /// The reservation was given up because nobody captured it in time.
    case expired = "EXPIRED"
}
