public import Kernel
public import Messaging
public import PaymentProviders
import REST
public import Storage

/// The aggregate of the one payment of an order. Each call to the provider is kept as an attempt, and the outcomes of the
/// attempts make the status and the amounts.
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
    /// The provider's reference of the charge or the reservation.
    public internal(set) var reference: String?
    public internal(set) var attempts: [PaymentAttempt] = []
    public internal(set) var failureReason: String?
    public let requestedAt: Timestamp
    /// The customer for whom the order was placed, and its branch, as far as the order service has told.
    public internal(set) var owner: Principal?
    public internal(set) var branchId: Int64?
    public internal(set) var capturedAt: Timestamp?
    /// The time at which a reservation that nobody captured is given up.
    public internal(set) var expiresAt: Timestamp?
    /// The time from which everything is to be given back, whenever it becomes known that it was taken or reserved.
    public internal(set) var cancellationRequestedAt: Timestamp?
    /// The time of the next try to give money back, after the provider refused.
    public internal(set) var giveBackAt: Timestamp?
    /// The time at which an operator decided to try again. Refusals before it do not count.
    public internal(set) var giveBackSince: Timestamp?
    public internal(set) var disputes: [PaymentDispute]?

    /// The order's identifier, so that the events of a payment keep their place among the order's.
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
            .owner { $0.owner },
        ])

    init(id: String, orderId: String, money: Money, provider: String, requestedAt: Timestamp) {
        self.id = id
        self.orderId = orderId
        amount = money.amount
        currency = money.currency
        self.provider = provider
        self.requestedAt = requestedAt
    }

    /// The time of the next look-up, the next try or the end of a reservation; `nil` if nothing is open.
    var checkAt: Timestamp? {
        let open = attempts.filter(\.isOpen).map(\.checkAt) + attempts.compactMap(\.verifyAt)
        let due = (open + [giveBackAt].compactMap { $0 }).min()
        return due ?? (status == .authorised ? expiresAt : nil)
    }
}

/// The progress of a payment.
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

/// One request to the provider, repeated with one key until its outcome is known.
public struct PaymentAttempt: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable, CaseIterable {
        /// The call is under way, or the process died during it.
        case requested = "REQUESTED"
        /// The provider has it; its confirmation is awaited.
        case accepted = "ACCEPTED"
        /// The call ended without an answer about its effect. It is never taken for failed.
        case unknown = "UNKNOWN"
        case succeeded = "SUCCEEDED"
        case refused = "REFUSED"
        /// The provider took a success back later, because a refund did not arrive.
        case reversed = "REVERSED"
    }
    public let id: String
    public let action: ProviderAction
    /// Minor units.
    public let amount: Int64
    /// The key that the provider gets.
    public let idempotencyKey: String
    public internal(set) var state: State = .requested
    /// The provider's reference of the movement.
    public internal(set) var reference: String?
    public internal(set) var reason: String?
    /// How often the provider was asked about the outcome.
    public internal(set) var checks = 0
    public let startedAt: Timestamp
    /// The time at which the provider is asked, or asked again, unless its confirmation comes before.
    public internal(set) var checkAt: Timestamp
    public internal(set) var settledAt: Timestamp?
    /// Whether a void was made because the reservation had expired, and nobody asked for it.
    public let isExpiry: Bool
    /// Whether the request brought a means of payment of its own, which is kept elsewhere.
    public internal(set) var hasPaymentToken: Bool?
    /// Whether the provider made the movement without a request of this service.
    public internal(set) var isAdopted: Bool?
    /// The provider's reference of the charge that the attempt is about; `nil` for the payment's own charge. Other charges
    /// are strays: money beyond the one capture of the order, which is given back.
    public internal(set) var strayReference: String?
    /// Whether the provider repeats an error that it stored for the key. Such a call is looked up, and never sent again.
    public internal(set) var hasStoredError: Bool?
    /// The time at which the provider is asked which of two contradicting answers holds.
    public internal(set) var verifyAt: Timestamp?

    /// Whether the outcome is not known yet.
    public var isOpen: Bool {
        switch state {
        case .requested, .accepted, .unknown: true
        case .succeeded, .refused, .reversed: false
        }
    }
}
