public import Kernel

/// What the simulator and its adapter say to each other.
public struct SimulatorCharge: Codable, Sendable {
    public enum Status: String, Codable, Sendable {
        /// Taken; the callback tells the end.
        case pending
        case captured
        case refused
    }
    public let id: String
    public let orderId: String
    /// Minor units.
    public let amount: Int64
    public let currency: Currency
    public let status: Status
    public let reason: String?

    public init(id: String, orderId: String, amount: Int64, currency: Currency, status: Status, reason: String?) {
        self.id = id
        self.orderId = orderId
        self.amount = amount
        self.currency = currency
        self.status = status
        self.reason = reason
    }
}

/// The body of the simulator's callback, signed as Standard Webhooks has it; the callback's id is `webhook-id`.
public struct SimulatorCallback: Codable, Sendable {
    /// `charge.captured` or `charge.refused`.
    public let type: String
    public let charge: SimulatorCharge

    public init(type: String, charge: SimulatorCharge) {
        self.type = type
        self.charge = charge
    }
}

/// The body of the simulator's `POST /charges`; the key travels as `Idempotency-Key`.
public struct SimulatorChargeRequest: Codable, Sendable {
    public let orderId: String
    /// Minor units.
    public let amount: Int64
    public let currency: Currency

    public init(orderId: String, amount: Int64, currency: Currency) {
        self.orderId = orderId
        self.amount = amount
        self.currency = currency
    }
}
