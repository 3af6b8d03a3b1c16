public import HTTP
public import Kernel

/// A payment provider. A call may be repeated with the same key and takes effect once.
public protocol PaymentProvider: Sendable {
    /// The name in the configuration and in the path of its callbacks.
    var name: String { get }

    /// Sends the call once. Retries are the caller's decision.
    func perform(_ call: ProviderCall) async -> ProviderOutcome

    /// Looks up the outcome of a call by its key, or by the provider's substitute for one.
    func find(_ call: ProviderCall) async -> ProviderLookup

    /// Verifies a callback on its raw bytes, then reads it.
    func callback(in request: Request, at time: Timestamp) async throws(InvalidCallback) -> ProviderCallback

    /// The status of the answer by which the provider recognises an accepted callback.
    var acknowledgement: Int { get }

    /// Whether the provider has an interface that lists what it moved. One without is reconciled by `movements(of:)`.
    var hasStatement: Bool { get }

    /// How far back the provider's statement goes; `nil` if it holds everything.
    var statementReach: Duration? { get }

    /// Returns a page of what the provider moved within `window`, in any order: the first page, or the one that follows
    /// the page that gave `cursor` as its `next`. Pages may overlap, and may hold lines from outside of the window.
    func statement(in window: StatementWindow, after cursor: String?) async throws(ProviderError) -> StatementPage

    /// Returns every movement of one charge, as the provider's record of that charge shows it. `charge` is the call
    /// that made the charge or the authorisation.
    func movements(of charge: ProviderCall) async throws(ProviderError) -> [StatementLine]
}

extension PaymentProvider {
    /// Most providers accept any status from 200 to 299.
    public var acknowledgement: Int { 204 }
    public var hasStatement: Bool { true }
    public var statementReach: Duration? { nil }

    public func movements(of charge: ProviderCall) async throws(ProviderError) -> [StatementLine] {
        throw ProviderError("\(name) does not list the movements of a charge")
    }
}

/// The kinds of calls to a provider.
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

/// A call to a provider, identical in every retry.
public struct ProviderCall: Sendable, Hashable {
    public let action: ProviderAction
    public let orderId: String
    public let money: Money
    public let idempotencyKey: String
    /// The provider's name for what is captured, voided or refunded; `nil` for charge and authorise.
    public let reference: String?
    /// The means of payment of the request; `nil` for the configured one.
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

/// A movement of money as the provider describes it. The caller compares it with what it asked for. Answers, look-ups,
/// callbacks and statement lines with the same reference are about the same movement.
public struct ProviderReport: Sendable, Hashable {
    /// The provider's name for the movement.
    public let reference: String
    /// `nil` if the answer does not name an amount and a currency.
    public let money: Money?
    /// `nil` if the answer does not name the order.
    public let orderId: String?

    public init(reference: String, money: Money? = nil, orderId: String? = nil) {
        self.reference = reference
        self.money = money
        self.orderId = orderId
    }
}

/// The result of one call to a provider.
public enum ProviderOutcome: Sendable, Hashable {
    /// The provider has the call and will confirm it by callback.
    case accepted(ProviderReport)
    case succeeded(ProviderReport)
    /// Refused for good; the reason is in the provider's words.
    case refused(reason: String)
    /// The provider certainly does not have the call, and it may be sent again. `retryAfter` if the provider said when.
    case notSent(reason: String, retryAfter: Duration?)
    /// The provider may have the call. The call has not failed; its outcome has to be looked up.
    case unknown(reason: String)
    /// The provider repeats an error that it stored for this key. Sending the call again tells nothing and does nothing
    /// until the provider forgets the key: only a look-up tells the outcome.
    case storedError(reason: String)
}

public enum ProviderLookup: Sendable, Hashable {
    case succeeded(ProviderReport)
    case refused(reason: String)
    /// The provider has the call and has not decided.
    case pending(ProviderReport)
    /// The provider knows no such call: it may be sent again, with the same key.
    case absent
    /// The provider did not say.
    case unknown(reason: String)
}

/// A stage in the life of a chargeback.
public enum DisputeStage: String, Codable, Sendable, CaseIterable {
    /// The buyer's bank asks; no money has moved.
    case opened
    /// The provider took the amount back from the shop.
    case fundsWithdrawn
    /// The provider gave the amount back to the shop.
    case fundsReinstated
    /// Decided for the shop.
    case won
    /// Decided for the buyer.
    case lost
}

/// A notification of a provider. One about a movement that was made at the provider's side names no key, and may name
/// no order; its payment is then found by `reference`. Several callbacks may tell of one movement.
public struct ProviderCallback: Sendable, Hashable {
    public enum Event: Sendable, Hashable {
        case succeeded(ProviderAction)
        /// A refusal, or the later failure of a refund that had succeeded.
        case refused(ProviderAction, reason: String)
        /// The amount of the callback is that of the dispute; `id` is the provider's name for the dispute.
        case disputed(id: String, DisputeStage)
        /// An event without an effect on payments; it is recorded and acknowledged.
        case other(String)
    }
    /// The provider's id of the callback, by which a duplicate is recognised.
    public let id: String
    public let orderId: String
    /// The provider's name for the charge (or authorisation) that it is about.
    public let reference: String
    /// The provider's name for the refund, capture or void; `nil` if the callback is about none.
    public let refundReference: String?
    /// The key of the call that caused the callback; `nil` if the provider does not name it.
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

/// The period of a statement: from `start` (inclusive) to `end` (exclusive), by the provider's clock.
public struct StatementWindow: Sendable, Hashable {
    public let start: Timestamp
    public let end: Timestamp

    public init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }
}

/// A part of a provider's own statement.
public struct StatementPage: Sendable, Hashable {
    public let lines: [StatementLine]
    /// The cursor of the next page; `nil` on the last one.
    public let next: String?

    public init(lines: [StatementLine], next: String?) {
        self.lines = lines
        self.next = next
    }
}

/// A line of a provider's own statement: one movement of money.
public struct StatementLine: Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// Money came to the shop.
        case capture
        /// Money went to the buyer.
        case refund
        /// A refund did not arrive, and its money came back to the shop.
        case refundFailure
        /// The buyer's bank took money back.
        case dispute
        /// A dispute was won, and its money came back to the shop.
        case disputeReversal
    }
    /// The provider's name for the movement.
    public let reference: String
    /// The order's id; empty if the provider does not know it.
    public let orderId: String
    public let kind: Kind
    /// More than 0, whatever the direction.
    public let money: Money
    /// The provider's name for the charge that a refund or a dispute is about.
    public let chargeReference: String?
    /// The key of the call that made the movement, if the provider tells.
    public let idempotencyKey: String?
    /// When the provider moved the money; `nil` if it does not tell.
    public let movedAt: Timestamp?

    public init(
        reference: String, orderId: String, kind: Kind, money: Money, chargeReference: String? = nil,
        idempotencyKey: String? = nil, movedAt: Timestamp? = nil
    ) {
        self.reference = reference
        self.orderId = orderId
        self.kind = kind
        self.money = money
        self.chargeReference = chargeReference
        self.idempotencyKey = idempotencyKey
        self.movedAt = movedAt
    }
}

/// A callback that cannot be acted on.
public struct InvalidCallback: Error, Sendable, CustomStringConvertible {
    public var description: String { message }

    public enum Kind: String, Sendable, CaseIterable {
        /// The notification is not genuine.
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

/// The failure of a provider to answer a query.
public struct ProviderError: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
