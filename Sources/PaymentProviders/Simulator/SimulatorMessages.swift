public import Kernel

/// The actions of the simulator: those that callers may request, and others in its books.
public enum SimulatorAction: String, Codable, Sendable, CaseIterable {
    case charge, authorise, capture, void, refund
    /// A refund that had been made did not arrive.
    case refundFailure
    /// A stage of a chargeback.
    case dispute

    public init(_ action: ProviderAction) {
        self =
            switch action {
            case .charge: .charge
            case .authorise: .authorise
            case .capture: .capture
            case .void: .void
            case .refund: .refund
            }
    }

    /// `nil` for what only the provider itself does.
    public var asked: ProviderAction? { ProviderAction(rawValue: rawValue) }

    /// The actions that a caller may request.
    public static let askable = ProviderAction.allCases.map { SimulatorAction($0) }
}

/// A message between the simulator and its adapter: a movement of money, or an authorisation.
public struct SimulatorCharge: Codable, Sendable {
    public enum Status: String, Codable, Sendable {
        /// Taken in; the callback tells the end.
        case pending
        case authorised
        case captured
        case voided
        case refused
        /// The money of a refund went back to the buyer.
        case refunded
        /// The money of a failed refund came back to the shop.
        case failed
        /// A dispute; `stage` is its state.
        case disputed
    }
    public let id: String
    public let action: SimulatorAction
    public let orderId: String
    /// Minor units.
    public let amount: Int64
    public let currency: Currency
    public let status: Status
    public let reason: String?
    /// The charge that a capture, void, refund or dispute is about.
    public let chargeId: String?
    /// `nil` for what the provider did by itself.
    public let idempotencyKey: String?
    /// The refund that failed, or the dispute.
    public let about: String?
    public let stage: DisputeStage?
    /// When it came to stand as it stands.
    public let movedAt: Timestamp?

    public init(
        id: String, action: SimulatorAction, orderId: String, amount: Int64, currency: Currency, status: Status,
        reason: String?, chargeId: String?, idempotencyKey: String?, about: String? = nil, stage: DisputeStage? = nil,
        movedAt: Timestamp? = nil
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
        self.about = about
        self.stage = stage
        self.movedAt = movedAt
    }
}

/// The body of the simulator's callback, signed as Standard Webhooks has it; the callback's id is `webhook-id`.
public struct SimulatorCallback: Codable, Sendable {
    /// The type, for example `charge.succeeded`, `refund.refused`, `dispute.fundsWithdrawn`: the action, and how it
    /// ended.
    public let type: String
    public let charge: SimulatorCharge

    public init(type: String, charge: SimulatorCharge) {
        self.type = type
        self.charge = charge
    }
}

/// The body of the simulator's `POST /charges`; the key travels as `Idempotency-Key`.
public struct SimulatorChargeRequest: Codable, Sendable {
    /// `charge` if none is given.
    public let action: ProviderAction?
    public let orderId: String
    /// Minor units.
    public let amount: Int64
    public let currency: Currency
    /// The charge that a capture, void or refund is about.
    public let chargeId: String?

    public init(action: ProviderAction, orderId: String, amount: Int64, currency: Currency, chargeId: String?) {
        self.action = action
        self.orderId = orderId
        self.amount = amount
        self.currency = currency
        self.chargeId = chargeId
    }
}

/// A page of the simulator's `GET /movements`, oldest first.
public struct SimulatorMovements: Codable, Sendable {
    public let lines: [SimulatorCharge]
    /// Asks for what follows, as `after`; absent on the last page.
    public let next: String?

    public init(lines: [SimulatorCharge], next: String?) {
        self.lines = lines
        self.next = next
    }
}
