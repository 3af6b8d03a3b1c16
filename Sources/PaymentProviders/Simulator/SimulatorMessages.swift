public import Kernel

/// What the simulator and its adapter say to each other: one movement of money, or a reservation.
public struct SimulatorCharge: Codable, Sendable {
    public enum Status: String, Codable, Sendable {
        /// Taken in; the callback tells the end.
        case pending
        case authorised
        case captured
        case voided
        case refused
        /// Of a refund: the money went back.
        case refunded
    }
    public let id: String
    public let action: SimulatorAction
    public let orderId: String
    /// Minor units.
    public let amount: Int64
    public let currency: Currency
    public let status: Status
    public let reason: String?
    /// The charge that a capture, void or refund is about.
    public let chargeId: String?
    public let idempotencyKey: String

    public init(
        id: String, action: SimulatorAction, orderId: String, amount: Int64, currency: Currency, status: Status,
        reason: String?, chargeId: String?, idempotencyKey: String
    ) {
        self.id = id
        self.action = action
        self.orderId = orderId
        self.amount = amount
        self.currency = currency
        self.status = status
        self.reason = reason
        self.chargeId = chargeId
        self.idempotencyKey = idempotencyKey
    }
}

/// The simulator's own words for what can be asked of it.
public typealias SimulatorAction = ProviderAction

/// The body of the simulator's callback, signed as Standard Webhooks has it; the callback's id is `webhook-id`.
public struct SimulatorCallback: Codable, Sendable {
    /// For example `charge.succeeded`, `refund.refused`: the action, and how it ended.
    public let type: String
    public let charge: SimulatorCharge

    public init(type: String, charge: SimulatorCharge) {
        self.type = type
        self.charge = charge
    }
}

/// The body of the simulator's `POST /charges`; the key travels as `Idempotency-Key`.
public struct SimulatorChargeRequest: Codable, Sendable {
    /// `charge` where none is given.
    public let action: SimulatorAction?
    public let orderId: String
    /// Minor units.
    public let amount: Int64
    public let currency: Currency
    /// The charge that a capture, void or refund is about.
    public let chargeId: String?

    public init(action: SimulatorAction, orderId: String, amount: Int64, currency: Currency, chargeId: String?) {
        self.action = action
        self.orderId = orderId
        self.amount = amount
        self.currency = currency
        self.chargeId = chargeId
    }
}
