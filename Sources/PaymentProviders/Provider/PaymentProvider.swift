public import HTTP
public import Kernel

/// A company that moves the money. Every call may be repeated with the same key and has its effect once.
public protocol PaymentProvider: Sendable {
    /// In configuration and in the path of its callbacks.
    var name: String { get }

    /// Asks for it, once; the caller repeats where it must.
    func perform(_ call: ProviderCall) async -> ProviderOutcome

    /// What became of a call, found by its key (or what the provider has instead of one).
    func find(_ call: ProviderCall) async -> ProviderLookup

    /// Verifies a callback on its raw bytes, then reads it.
    func callback(in request: Request, at time: Timestamp) async throws(InvalidCallback) -> ProviderCallback

    /// How far back the provider's statement goes; `nil` where it holds everything.
    var statementReach: Duration? { get }

    /// A page of what the provider says it moved, in whichever order, for reconciliation: the first one, or that which
    /// follows the one that gave `cursor` as its `next`. Pages may overlap.
    func statement(after cursor: String?) async throws(ProviderError) -> StatementPage
}

extension PaymentProvider {
    public var statementReach: Duration? { nil }
}

/// What can be asked of a provider.
public enum ProviderAction: String, Codable, Sendable, CaseIterable {
    /// Takes the money at once.
    case charge
    /// Reserves the money.
    case authorise
    /// Takes money that was reserved.
    case capture
    /// Gives up a reservation.
    case void
    /// Gives money back.
    case refund
}

/// One call to a provider: the same in every repetition.
public struct ProviderCall: Sendable, Hashable {
    public let action: ProviderAction
    public let orderId: String
    public let money: Money
    public let idempotencyKey: String
    /// The provider's name for what is captured, voided or refunded; `nil` for charge and authorise.
    public let reference: String?
    /// The means of payment that the request brought along; the configured one stands in where there is none.
    public let paymentToken: PaymentToken?

    public init(
        action: ProviderAction, orderId: String, money: Money, idempotencyKey: String, reference: String?,
        paymentToken: PaymentToken? = nil
    ) {
        self.action = action
        self.orderId = orderId
        self.money = money
        self.idempotencyKey = idempotencyKey
        self.reference = reference
        self.paymentToken = paymentToken
    }
}

public enum ProviderOutcome: Sendable, Hashable {
    /// The provider has it and will confirm by callback.
    case accepted(reference: String)
    case succeeded(reference: String)
    /// Refused for good.
    case refused(reason: String)
    /// The provider certainly does not have it. `retryAfter` where it said when to come again.
    case notSent(reason: String, retryAfter: Duration?)
    /// It may have it: never failed, to be asked again with the same key.
    case unknown(reason: String)
}

public enum ProviderLookup: Sendable, Hashable {
    case succeeded(reference: String)
    case refused(reason: String)
    /// The provider has it and has not decided.
    case pending(reference: String)
    /// The provider knows no such call: it may be sent again, with the same key.
    case absent
    /// The provider did not say.
    case unknown(reason: String)
}

public struct ProviderCallback: Sendable, Hashable {
    public enum Event: Sendable, Hashable {
        case succeeded(ProviderAction)
        case refused(ProviderAction, reason: String)
        /// About something that payments do not follow; kept and answered, without effect.
        case other(String)
    }
    /// The provider's; one that came before is a duplicate.
    public let id: String
    public let orderId: String
    /// The provider's name for the charge (or authorisation) that it is about.
    public let reference: String
    /// The provider's name for the refund, capture or void, where it is about one.
    public let refundReference: String?
    /// The key of the call that it answers, where the provider tells.
    public let idempotencyKey: String?
    public let money: Money
    public let event: Event

    public init(
        id: String, orderId: String, reference: String, refundReference: String? = nil,
        idempotencyKey: String? = nil, money: Money, event: Event
    ) {
        self.id = id
        self.orderId = orderId
        self.reference = reference
        self.refundReference = refundReference
        self.idempotencyKey = idempotencyKey
        self.money = money
        self.event = event
    }
}

/// A part of a provider's own statement.
public struct StatementPage: Sendable, Hashable {
    public let lines: [StatementLine]
    /// Asks for what follows; `nil` on the last page.
    public let next: String?

    public init(lines: [StatementLine], next: String?) {
        self.lines = lines
        self.next = next
    }
}

/// A line of a provider's own statement.
public struct StatementLine: Sendable, Hashable {
    public enum Kind: String, Codable, Sendable {
        case capture, refund
    }
    /// The provider's name for the movement.
    public let reference: String
    public let orderId: String
    public let kind: Kind
    public let money: Money

    public init(reference: String, orderId: String, kind: Kind, money: Money) {
        self.reference = reference
        self.orderId = orderId
        self.kind = kind
        self.money = money
    }
}

/// A callback that cannot be acted on.
public struct InvalidCallback: Error, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// It must not be believed.
        case forged
        case unreadable
        /// The provider, which has to confirm it, did not answer: it should be sent again.
        case unconfirmed
    }
    public let kind: Kind
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// A provider that cannot answer a question.
public struct ProviderError: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
