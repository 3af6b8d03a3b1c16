public import Kernel
public import Storage

/// The aggregate: the one payment of an order, and how far the provider is with it.
public struct Payment: Entity, Hashable {
    public let id: String
    public var version: Int64 = 0
    /// Unique: an order has at most one payment.
    public let orderId: String
    /// Minor units.
    public let amount: Int64
    public let currency: Currency
    public let provider: String
    public internal(set) var status: PaymentStatus
    public internal(set) var attempt: PaymentAttempt
    public internal(set) var failureReason: String?
    public let requestedAt: Timestamp
    public internal(set) var capturedAt: Timestamp?

    public static let collection = Collection<Payment>(
        "payments",
        fields: [
            .text("orderId", unique: true) { $0.orderId },
            .text("status", indexed: true) { $0.status.rawValue },
            .integer("amount") { $0.amount },
            .integer("requestedAt") { $0.requestedAt.milliseconds },
            .integer("checkAt", indexed: true) { $0.status.isFinal ? nil : $0.attempt.checkAt.milliseconds },
        ])

    public static func request(
        id: String, orderId: String, money: Money, provider: String, idempotencyKey: String, at time: Timestamp,
        checkAfter: Duration
    ) -> Payment {
        Payment(
            id: id, orderId: orderId, amount: money.amount, currency: money.currency, provider: provider,
            status: .pending,
            attempt: PaymentAttempt(idempotencyKey: idempotencyKey, state: .requested, checkAt: time + checkAfter),
            requestedAt: time)
    }

    public var money: Money { Money(amount, currency) }
}

/// How far a payment is.
public enum PaymentStatus: String, Codable, Sendable, CaseIterable {
    case pending = "PENDING"
    case captured = "CAPTURED"
    case failed = "FAILED"

    public var isFinal: Bool { self != .pending }
}

/// The payment's call to the provider, repeated with one key until its outcome is known.
public struct PaymentAttempt: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable {
        /// The call is under way, or the process died during it.
        case requested = "REQUESTED"
        /// The provider has it; its confirmation is awaited.
        case accepted = "ACCEPTED"
        /// The call ended without a word on what it did. Never taken for failed.
        case unknown = "UNKNOWN"
        case succeeded = "SUCCEEDED"
        case refused = "REFUSED"
    }
    /// To the provider.
    public let idempotencyKey: String
    public internal(set) var state: State
    /// The provider's name for the charge.
    public internal(set) var reference: String?
    /// How often the provider was asked what became of it.
    public internal(set) var checks = 0
    /// When the provider is asked (again), unless its confirmation comes before.
    public internal(set) var checkAt: Timestamp
}
