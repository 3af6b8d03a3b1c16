public import Kernel
public import PaymentProviders

/// One thing asked of the provider, repeated with one key until its outcome is known.
public struct PaymentAttempt: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable, CaseIterable {
        /// The call is under way, or the process died during it.
        case requested = "REQUESTED"
        /// The provider has it; its confirmation is awaited.
        case accepted = "ACCEPTED"
        /// The call ended without a word on what it did. Never taken for failed.
        case unknown = "UNKNOWN"
        case succeeded = "SUCCEEDED"
        case refused = "REFUSED"
        /// It had succeeded, and the provider took it back later: a refund that did not arrive.
        case reversed = "REVERSED"
    }
    public let id: String
    public let action: ProviderAction
    /// Minor units.
    public let amount: Int64
    /// To the provider.
    public let idempotencyKey: String
    public internal(set) var state: State = .requested
    /// The provider's name for it.
    public internal(set) var reference: String?
    public internal(set) var reason: String?
    /// How often the provider was asked what became of it.
    public internal(set) var checks = 0
    public let startedAt: Timestamp
    /// When the provider is asked (again), unless its confirmation comes before.
    public internal(set) var checkAt: Timestamp
    public internal(set) var settledAt: Timestamp?
    /// Whether a void was made because the reservation had expired, and nobody asked for it.
    public let isExpiry: Bool
    /// The request brought a means of payment of its own, which is kept elsewhere.
    public internal(set) var hasPaymentToken: Bool?
    /// The provider made it without having been asked from here.
    public internal(set) var isAdopted: Bool?
    /// The provider's name for the charge that it is about; `nil` for the payment's own charge. Others are strays: money
    /// beyond the one capture of the order, which is given back.
    public internal(set) var strayReference: String?
    /// The provider repeats an error that it stored for the key: the call is looked up, and never sent again.
    public internal(set) var hasStoredError: Bool?
    /// When the provider is asked which of two contradicting answers holds.
    public internal(set) var verifyAt: Timestamp?

    /// Its outcome is not known yet.
    public var isOpen: Bool {
        switch state {
        case .requested, .accepted, .unknown: true
        case .succeeded, .refused, .reversed: false
        }
    }
}
