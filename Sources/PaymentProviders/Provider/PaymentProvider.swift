public import HTTP
public import Kernel

/// A company that moves the money. Every call may be repeated with the same key and has its effect once.
public protocol PaymentProvider: Sendable {
    /// In configuration and in the path of its callbacks.
    var name: String { get }

    func charge(_ charge: Charge) async -> ChargeOutcome

    /// What became of the charge with that key.
    func find(_ charge: Charge) async -> ChargeLookup

    /// Verifies a callback on its raw bytes, then reads it.
    func callback(in request: Request, at time: Timestamp) throws(InvalidCallback) -> ProviderCallback
}

/// What is charged, for which order, under which key.
public struct Charge: Sendable, Hashable {
    public let orderId: String
    public let money: Money
    /// The same for every repetition.
    public let idempotencyKey: String

    public init(orderId: String, money: Money, idempotencyKey: String) {
        self.orderId = orderId
        self.money = money
        self.idempotencyKey = idempotencyKey
    }
}

public enum ChargeOutcome: Sendable, Hashable {
    /// The provider has it and will confirm by callback.
    case accepted(reference: String)
    case captured(reference: String)
    /// Refused for good.
    case refused(reason: String)
    /// The provider certainly does not have it.
    case notSent(reason: String)
    /// It may have it: never failed, to be asked again with the same key.
    case unknown(reason: String)
}

public enum ChargeLookup: Sendable, Hashable {
    case captured(reference: String)
    case refused(reason: String)
    /// The provider has it and has not decided.
    case pending(reference: String)
    /// The provider knows no charge with that key: it may be sent again.
    case absent
    /// The provider did not say.
    case unknown(reason: String)
}

public struct ProviderCallback: Sendable, Hashable {
    public enum Event: Sendable, Hashable {
        case captured
        case refused(reason: String)
    }
    /// The provider's; one that came before is a duplicate.
    public let id: String
    public let orderId: String
    public let reference: String
    public let money: Money
    public let event: Event

    public init(id: String, orderId: String, reference: String, money: Money, event: Event) {
        self.id = id
        self.orderId = orderId
        self.reference = reference
        self.money = money
        self.event = event
    }
}

/// A callback that must not be believed (`isForged`) or cannot be read.
public struct InvalidCallback: Error, Sendable {
    public let isForged: Bool
    public let message: String

    public init(isForged: Bool, message: String) {
        self.isForged = isForged
        self.message = message
    }
}
